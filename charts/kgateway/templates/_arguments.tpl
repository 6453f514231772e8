{{/* The arguments of `kgateway run`, a list. */}}
{{- define "kgateway.arguments" -}}
- run
- --log-format={{ .Values.log.format }}
- --log-level={{ .Values.log.level }}
- --default-sampling-rate={{ .Values.defaultSamplingRate }}
{{- if not .Values.requestMetrics }}
- --no-request-metrics
{{- end }}
{{- range .Values.staticClusters }}
- --static-cluster={{ .name }}={{ .host }}:{{ .port }},protocol={{ .protocol | default "otlp" }}
{{- end }}
- --create-gateway-classes={{ include "kgateway.classesOfOperator" . }}
{{- if .Values.leaderElection.enabled }}
- --leader-election-lease-duration={{ .Values.leaderElection.leaseDuration }}
- --leader-election-renew-deadline={{ .Values.leaderElection.renewDeadline }}
- --leader-election-retry-period={{ .Values.leaderElection.retryPeriod }}
- --replica-token=/var/run/secrets/kgateway/token
{{- else }}
- --no-leader-election
{{- end }}
- --service-account={{ include "kgateway.name" . }}
{{- if .Values.deployer.enabled }}
- --proxy-image={{ include "kgateway.image" (dict "image" .Values.proxy.image) }}
{{- else }}
- --no-deployer
{{- end }}
- --xds-auth={{ .Values.xds.auth }}
{{- if .Values.xds.plaintext }}
- --xds-plaintext
{{- else if .Values.xds.tls.existingSecret }}
- --xds-tls-certificate={{ include "kgateway.certificateFolder" . }}/tls.crt
- --xds-tls-key={{ include "kgateway.certificateFolder" . }}/tls.key
- --xds-tls-ca={{ include "kgateway.certificateFolder" . }}/ca.crt
{{- else }}
- --xds-tls-secret={{ .Values.xds.tls.secret }}
{{- end }}
{{- if .Values.metrics.nativeHistograms }}
- --native-histograms
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Refuses values that are well-formed, and would not work together. */}}
{{- define "kgateway.check" -}}
{{- if and (not .Values.leaderElection.enabled) (gt (int .Values.replicas) 1) -}}
{{- fail (printf "leaderElection.enabled is false with %d replicas, which would all write; set replicas to 1, or leave the election on" (int .Values.replicas)) -}}
{{- end -}}
{{- if and .Values.xds.plaintext .Values.xds.tls.existingSecret -}}
{{- fail "xds.plaintext and xds.tls.existingSecret are both set; keep one of them" -}}
{{- end -}}
{{- end -}}
