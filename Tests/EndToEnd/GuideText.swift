/// The policies as the observability guide prints them: what users copy.
enum GuideText {
  /// A document of the guide, and the example that it is.
  struct Document: Sendable, CustomStringConvertible {
    var file: String
    var text: String
    var description: String { file }
  }

  static let documents = [
    Document(file: "access-logging.yaml", text: accessLogging),
    Document(file: "otel-access-logging.yaml", text: openTelemetryAccessLogging),
    Document(file: "tracing.yaml", text: tracing),
  ]

  /// The keys of the access log, sorted as Envoy prints them.
  static let accessLogKeys = [
    "bytes_received", "bytes_sent", "duration", "method", "path", "protocol", "request_id", "response_code",
    "response_flags", "timestamp", "upstream_cluster", "upstream_host", "user_agent",
  ]

  /// The policy with the part of the guide that shows custom tags in the place of its own.
  static var tracingWithCustomTags: String {
    let head = tracing.prefix(upTo: tracing.firstRange(of: "  tracing:\n")?.lowerBound ?? tracing.endIndex)
    return head + customTags.split(separator: "\n").map { "  \($0)\n" }.joined()
  }

  private static let customTags = """
    tracing:
      provider:
        otel:
          grpcAddress: otel-collector.telemetry:4317
      customTags:
        environment:
          literal: "production"
        cluster:
          environment: "CLUSTER_NAME"
        request_id:
          requestHeader: "x-request-id"
    """

  private static let accessLogging = """
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata:
      name: access-logging
      namespace: kgateway-system
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        name: agentgateway-proxy
      accessLog:
      - fileSink:
          path: /dev/stdout
          jsonFormat:
            timestamp: "%START_TIME%"
            request_id: "%REQ(X-REQUEST-ID)%"
            method: "%REQ(:METHOD)%"
            path: "%REQ(:PATH)%"
            protocol: "%PROTOCOL%"
            response_code: "%RESPONSE_CODE%"
            response_flags: "%RESPONSE_FLAGS%"
            bytes_received: "%BYTES_RECEIVED%"
            bytes_sent: "%BYTES_SENT%"
            duration: "%DURATION%"
            upstream_host: "%UPSTREAM_HOST%"
            upstream_cluster: "%UPSTREAM_CLUSTER%"
            user_agent: "%REQ(USER-AGENT)%"

    """

  private static let openTelemetryAccessLogging = """
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata:
      name: otel-access-logging
      namespace: kgateway-system
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        name: agentgateway-proxy
      accessLog:
      - grpcService:
          logName: otel_access_log
          staticClusterName: otel-collector

    """

  private static let tracing = """
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata:
      name: tracing
      namespace: kgateway-system
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        name: agentgateway-proxy
      tracing:
        provider:
          otel:
            grpcAddress: otel-collector.telemetry:4317
        samplingRate: 100  # 100% sampling for testing, reduce in production
        propagators:
        - W3C_TRACE_CONTEXT
        - B3

    """
}
