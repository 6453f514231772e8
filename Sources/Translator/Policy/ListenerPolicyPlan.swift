import EnvoyAPI

/// What the policies on a Gateway make of the HTTP listeners on one port.
struct ListenerPolicyPlan {
  var metrics: MetricsSettings
  var accessLog: [Envoy_Config_Accesslog_V3_AccessLog] = []
  var tracing: Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager.Tracing?
  /// Run before anything else looks at a request.
  var earlyHeaderMutations: [Envoy_Config_Core_V3_TypedExtensionConfig] = []
  /// Run on the way to an upstream, in the clusters that this port's routes use; the codec is not among them.
  var upstreamHTTPFilters: [Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpFilter] = []
  /// In the order of the schema, none twice.
  var settings: [ListenerSetting] = []
  /// Names the upstream filters; nil where there are none.
  private var propagationVariant: String?
  /// The receivers that the rest of the plan names. Two of the same name are equal.
  private(set) var clusters: [Envoy_Config_Cluster_V3_Cluster] = []
  private(set) var endpointReferences: Set<EndpointReference> = []
  /// Whether access logs tell the listeners of the port apart, which they do by the names of virtual hosts.
  var separatesListeners = false

  /// - Parameter metrics: what is measured without any policy.
  init(metrics: MetricsSettings) {
    self.metrics = metrics
  }

  /// Whether the names of headers go on to HTTP/1.1 upstreams as they came.
  var preservesHeaderCase: Bool { settings.contains(.preserveHttp1HeaderCase(true)) }

  /// Whether requests of the method CONNECT are taken.
  var enablesConnect: Bool {
    settings.contains {
      if case .upgradeConfig(let names) = $0 { names.contains { $0.uppercased() == "CONNECT" } } else { false }
    }
  }

  /// Names the clusters that differ from those without any policy; nil where they do not. Two ports of a Gateway with
  /// the same variant have the same clusters.
  var clusterVariant: String? {
    let parts = [propagationVariant, preservesHeaderCase ? "case" : nil].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: "-")
  }

  mutating func add(_ log: AccessLogTranslation.Output) {
    accessLog.append(log.accessLog)
    if let destination = log.destination { add(destination) }
  }

  mutating func set(_ output: TracingTranslation.Output) {
    tracing = output.tracing
    earlyHeaderMutations = output.propagation.earlyHeaderMutations(
      output.samplingRate, trustsCaller: output.trustsCaller)
    upstreamHTTPFilters = output.propagation.upstreamHTTPFilters
    propagationVariant = output.propagation.clusterVariant
    add(output.destination)
  }

  private mutating func add(_ destination: TelemetryDestination) {
    if !clusters.contains(where: { $0.name == destination.cluster.name }) { clusters.append(destination.cluster) }
    if let endpoints = destination.endpoints { endpointReferences.insert(endpoints) }
  }
}
