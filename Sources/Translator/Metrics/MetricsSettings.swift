import EnvoyAPI
import KubernetesAPI

/// What the proxies measure of the requests through the listeners of one port.
struct MetricsSettings: Hashable {
  /// A label that a policy adds.
  struct Label: Hashable {
    var name: String
    /// A format string of Envoy's access logs.
    var format: String
    /// Whether the values are a closed set. Those of another one are bounded by the number of series (`StatsLogger`).
    var isClosed: Bool
  }

  /// Whether all requests are measured.
  var measuresRequests: Bool
  /// What is measured of the requests to LLMs; nil: nothing.
  var languageModels: LLMMetricsSettings?
  /// Of every metric that a request has a part in.
  var labels: [Label] = []

  /// What holds where no policy says it.
  ///
  /// - Parameters:
  ///   - className: of the Gateway's class. Those of the class `agentgateway` are for LLMs.
  ///   - measuresRequests: what the control plane is told.
  init(className: String, measuresRequests: Bool) {
    self.measuresRequests = measuresRequests
    if measuresRequests, className == Self.languageModelClass { languageModels = LLMMetricsSettings() }
  }

  private static let languageModelClass = "agentgateway"
}

extension MetricsSettings {
  /// What counts requests when they have ended.
  ///
  /// - Parameter listener: the name of Envoy's listener.
  func accessLogs(listener: String, gateway: NamespacedName) -> [Envoy_Config_Accesslog_V3_AccessLog] {
    let logger = StatsLogger(listener: listener, gateway: gateway, labels: labels)
    return (measuresRequests ? [RequestMetrics.accessLog(logger)] : [])
      + (languageModels == nil ? [] : LanguageModelMetrics.accessLogs(logger))
  }

  /// What looks at requests on their way, in front of the router.
  func httpFilters() -> [Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpFilter] {
    languageModels.map { [LanguageModelFilter.filter($0)] } ?? []
  }

  /// What counts connections, in front of what reads from them.
  func networkFilters(listener: String) -> [Envoy_Config_Listener_V3_Filter] {
    measuresRequests ? [RequestMetrics.connectionFilter(listener: listener)] : []
  }
}
