/// `gateway.kgateway.dev/v1alpha1` HTTPListenerPolicy: access logs, tracing and settings of the HTTP listeners of Gateways.
///
/// Two dialects in one: the short forms of the observability guide, and the longer ones of the public kgateway project.
/// What is exclusive in the API is optional here side by side, so that the translator can say what is wrong with it.
package struct HTTPListenerPolicy: Hashable, Sendable {
  package var metadata: ObjectMeta
  package var targetRefs: [TargetReference]
  package var targetSelectors: [TargetSelector]
  package var accessLog: [AccessLog]
  @Boxed package var tracing: Tracing?
  @Boxed package var metrics: Metrics?
  /// Nil where nothing is set.
  @Boxed private var setSettings: ListenerSettings?
  /// The status as last read.
  package var ancestorStatuses: [PolicyAncestorStatus]

  package init(
    metadata: ObjectMeta, targetRefs: [TargetReference] = [], targetSelectors: [TargetSelector] = [],
    accessLog: [AccessLog] = [], tracing: Tracing? = nil, metrics: Metrics? = nil,
    settings: ListenerSettings = ListenerSettings(),
    ancestorStatuses: [PolicyAncestorStatus] = []
  ) {
    self.metadata = metadata
    self.targetRefs = targetRefs
    self.targetSelectors = targetSelectors
    self.accessLog = accessLog
    self.tracing = tracing
    self.metrics = metrics
    self.ancestorStatuses = ancestorStatuses
    self.settings = settings
  }

  package var settings: ListenerSettings {
    get { setSettings ?? ListenerSettings() }
    set { setSettings = newValue == ListenerSettings() ? nil : newValue }
  }

  /// Every Service that the policy names, as it names it.
  package var backendReferences: [HTTPRoute.BackendReference] {
    accessLog.flatMap { [$0.grpcService?.service, $0.openTelemetry?.service] }.compactMap { $0?.backendRef }
      + [tracing?.provider.openTelemetry?.service.backendRef].compactMap(\.self)
  }

  /// Names a Gateway in the policy's own namespace.
  package struct TargetReference: Hashable, Sendable {
    package var group: String
    package var kind: String
    package var name: String
    /// One listener of the Gateway. Nil: all of them.
    package var sectionName: String?

    package init(
      group: String = "gateway.networking.k8s.io", kind: String = "Gateway", name: String, sectionName: String? = nil
    ) {
      self.group = group
      self.kind = kind
      self.name = name
      self.sectionName = sectionName
    }
  }

  /// Selects Gateways in the policy's own namespace.
  package struct TargetSelector: Hashable, Sendable {
    package var group: String
    package var kind: String
    /// All of them must be among the Gateway's labels. Never empty in the API.
    package var matchLabels: [String: String]

    package init(
      group: String = "gateway.networking.k8s.io", kind: String = "Gateway", matchLabels: [String: String]
    ) {
      self.group = group
      self.kind = kind
      self.matchLabels = matchLabels
    }
  }
}

/// What a controller says of a policy towards one target (`PolicyAncestorStatus`).
package struct PolicyAncestorStatus: Hashable, Sendable {
  package var ancestorRef: ParentReference
  package var controllerName: String
  package var conditions: [Condition]

  package init(ancestorRef: ParentReference, controllerName: String, conditions: [Condition]) {
    self.ancestorRef = ancestorRef
    self.controllerName = controllerName
    self.conditions = conditions
  }
}
