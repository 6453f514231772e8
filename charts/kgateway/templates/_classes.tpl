{{/*
Who makes the GatewayClasses that the values want: the chart, where the Gateway API is defined, else the operator, when it
is. A class that the operator has made meanwhile stays its own: Helm takes over no object without its annotations, and
would refuse the whole upgrade.
*/}}
{{- define "kgateway.classesOfChart" -}}
{{- $names := list -}}
{{- if .Capabilities.APIVersions.Has "gateway.networking.k8s.io/v1/GatewayClass" -}}
{{- range $name, $class := .Values.gatewayClasses -}}
{{- if $class.create -}}
{{- $there := lookup "gateway.networking.k8s.io/v1" "GatewayClass" "" $name -}}
{{- if or (not $there) (eq (dig "metadata" "annotations" "meta.helm.sh/release-name" "" $there) $.Release.Name) -}}
{{- $names = append $names $name -}}
{{- else if $class.parameters -}}
{{- fail (printf "gatewayClasses.%s.parameters: the GatewayClass %s is not of this release and would not get them; hand it over with 'kubectl annotate gatewayclass %s meta.helm.sh/release-name=%s meta.helm.sh/release-namespace=%s && kubectl label gatewayclass %s app.kubernetes.io/managed-by=Helm'" $name $name $name $.Release.Name $.Release.Namespace $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- join "," $names -}}
{{- end -}}

{{/* With commas; `none`. Not one that has parameters, of which the operator knows nothing. */}}
{{- define "kgateway.classesOfOperator" -}}
{{- $ofChart := include "kgateway.classesOfChart" . | splitList "," -}}
{{- $names := list -}}
{{- range $name, $class := .Values.gatewayClasses -}}
{{- if and $class.create (not $class.parameters) (not (has $name $ofChart)) -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- end -}}
{{- join "," $names | default "none" -}}
{{- end -}}
