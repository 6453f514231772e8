import EnvoyAPI

/// What the policies on a Gateway make of the HTTP listeners on one port.
struct ListenerPolicyPlan {
  var accessLog: [Envoy_Config_Accesslog_V3_AccessLog] = []
  var tracing: Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager.Tracing?
  /// Run before anything else looks at a request.
  var earlyHeaderMutations: [Envoy_Config_Core_V3_TypedExtensionConfig] = []
  /// Run on the way to an upstream, in the clusters that this port's routes use; the codec is not among them.
  var upstreamHTTPFilters: [Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpFilter] = []
  /// Names the clusters with these upstream filters; nil where there are none. Two ports of a Gateway with the same
  /// variant have the same filters.
  var clusterVariant: String?
  /// The clusters that the rest of the plan names. Two of the same name are equal.
  var clusters: [Envoy_Config_Cluster_V3_Cluster] = []
  /// Which fields of which policies are in all this.
  var contributions: [PolicyContribution] = []
}
