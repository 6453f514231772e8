import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// What policies need to know of the Gateway that they are on.
struct PolicyContext {
  var gateway: NamespacedName
  var settings: TranslatorSettings
  /// What is measured where no policy says it.
  var metrics: MetricsSettings
  var backends: BackendResolver

  init(_ inputs: GatewayInputs, _ backends: BackendResolver) {
    gateway = inputs.gateway.metadata.id
    settings = inputs.settings
    metrics = MetricsSettings(
      className: inputs.gateway.gatewayClassName, measuresRequests: inputs.settings.measuresRequests)
    self.backends = backends
  }
}

/// One policy's fields as Envoy's configuration, before it is known which of them come into effect where.
struct TranslatedPolicy {
  /// One field of the policy, or one entry of its access logs.
  struct Part {
    enum Content {
      case accessLog(AccessLogTranslation.Output)
      case tracing(TracingTranslation.Output)
      case metrics(MetricsSettings)
      case setting(ListenerSetting)
    }

    /// From the object's root: `spec.accessLog[0]`.
    let path: String
    let content: Content
  }

  let policy: HTTPListenerPolicy
  let targets: PolicyTargets
  /// What could be translated: access logs first, in their order, then what can be set once.
  let parts: [Part]
  let faults: [FieldFault]

  init(_ policy: HTTPListenerPolicy, targets: PolicyTargets, in context: PolicyContext) {
    self.policy = policy
    self.targets = targets
    (parts, faults) = Self.translate(policy, in: context)
  }

  /// What is wrong with the fields of a policy, whatever its targets.
  static func faults(of policy: HTTPListenerPolicy, in context: PolicyContext) -> [FieldFault] {
    translate(policy, in: context).faults
  }

  private static func translate(
    _ policy: HTTPListenerPolicy, in context: PolicyContext
  ) -> (parts: [Part], faults: [FieldFault]) {
    var parts: [Part] = []
    var faults: [FieldFault] = []
    for (index, entry) in policy.accessLog.enumerated() {
      let path = "spec.accessLog[\(index)]"
      if let log = AccessLogTranslation.translate(entry, at: path, in: context, &faults) {
        parts.append(Part(path: path, content: .accessLog(log)))
      }
    }
    if let tracing = policy.tracing.flatMap({ TracingTranslation.translate($0, in: context, &faults) }) {
      parts.append(Part(path: "spec.tracing", content: .tracing(tracing)))
    }
    if let metrics = policy.metrics.flatMap({
      MetricsTranslation.settings(of: $0, over: context.metrics, &faults)
    }) {
      parts.append(Part(path: "spec.metrics", content: .metrics(metrics)))
    }
    for setting in ListenerSetting.settings(of: policy.settings, &faults) {
      parts.append(Part(path: "spec.\(setting.name)", content: .setting(setting)))
    }
    return (parts, faults)
  }
}

extension TranslatedPolicy.Part {
  /// Whether several policies can have the field in effect side by side.
  var addsUp: Bool {
    if case .accessLog = content { true } else { false }
  }

  var clusters: [String] {
    switch content {
    case .accessLog(let log): log.destination.map { [$0.cluster.name] } ?? []
    case .tracing(let tracing): [tracing.destination.cluster.name]
    case .metrics, .setting: []
    }
  }

  var fingerprint: UInt64 {
    var fingerprint = Fingerprint()
    switch content {
    case .accessLog(let log):
      fingerprint.combine(Google_Protobuf_Any(packing: log.accessLog).value)
      if let destination = log.destination {
        fingerprint.combine(Google_Protobuf_Any(packing: destination.cluster).value)
      }
    case .tracing(let output):
      fingerprint.combine(Google_Protobuf_Any(packing: output.tracing).value)
      for mutation in output.propagation.earlyHeaderMutations(
        output.samplingRate, trustsCaller: output.trustsCaller)
      {
        fingerprint.combine(Google_Protobuf_Any(packing: mutation).value)
      }
      fingerprint.combine((output.propagation.clusterVariant ?? "").utf8)
      fingerprint.combine(Google_Protobuf_Any(packing: output.destination.cluster).value)
    case .metrics(let settings):
      for log in settings.accessLogs(listener: "", gateway: NamespacedName(namespace: "", name: "")) {
        fingerprint.combine(Google_Protobuf_Any(packing: log).value)
      }
    case .setting(let setting):
      var manager = ListenerSetting.HTTPConnectionManager()
      setting.apply(to: &manager)
      fingerprint.combine(Google_Protobuf_Any(packing: manager).value)
    }
    return fingerprint.value
  }
}
