{{/*
The operator looks for its Service, its Lease and its Secret under this one name, so it does not follow the release's.
*/}}
{{- define "kgateway.name" -}}
kgateway
{{- end -}}

{{/* What a selector asks for: these never change, or an upgrade would be refused. */}}
{{- define "kgateway.selectorLabels" -}}
app: kgateway
app.kubernetes.io/name: {{ include "kgateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "kgateway.labels" -}}
app.kubernetes.io/name: {{ include "kgateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: kgateway
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "kgateway.metadata" -}}
name: {{ include "kgateway.name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "kgateway.labels" . | nindent 2 }}
{{- end -}}

{{/* Call with an image of the values, and the tag to use where it has none. */}}
{{- define "kgateway.image" -}}
{{- $image := .image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .tag }}
{{- end -}}
{{- end -}}

{{/* The folder in which a Secret with a certificate is mounted. */}}
{{- define "kgateway.certificateFolder" -}}
/var/run/secrets/kgateway-xds
{{- end -}}
