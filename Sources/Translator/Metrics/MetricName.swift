/// The names of the proxies' metrics, after the `agentgateway_` that all of them have. They are those of the observability
/// guide, which dashboards and alerts are written after.
enum MetricName {
  static let requests = "http_requests_total"
  static let requestDuration = "http_request_duration_seconds"
  static let bytesReceived = "bytes_received_total"
  static let bytesSent = "bytes_sent_total"

  static let languageModelRequests = "llm_requests_total"
  static let languageModelTokens = "llm_tokens_total"
  static let languageModelLatency = "llm_latency_seconds"
  static let languageModelTimeToFirstToken = "llm_time_to_first_token_seconds"
  static let languageModelErrors = "llm_errors_total"
}

/// The names of the proxies' labels that do not come from a policy.
enum MetricTag {
  static let namespace = "namespace"
  static let gateway = "gateway"
  static let listener = "listener"
  static let route = "route"
  static let backend = "backend"
  static let method = "method"
  static let status = "status"
  static let provider = "provider"
  static let model = "model"
  static let type = "type"
  static let error = "error"

  /// What a policy cannot name a label of its own; `le` is Prometheus' for the bounds of histograms.
  static let reserved: Set<String> = [
    namespace, gateway, listener, route, backend, method, status, provider, model, type, error, "le",
  ]
}
