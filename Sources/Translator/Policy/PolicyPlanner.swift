import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// What policies need to know of the Gateway that they are on.
struct PolicyContext {
  var gateway: NamespacedName
  var settings: TranslatorSettings
}

/// Combines the policies on a Gateway.
///
/// All access logs are kept, in the order of the policies: the oldest first, those of the same second by namespace and
/// name. A field that can be set once is taken from the first policy that sets it without a fault; every later one is
/// told which field of it has no effect, and who decides. What is faulty in a policy is left out and told; the rest of
/// it is in effect.
enum PolicyPlanner {
  /// What the policies come to.
  struct Outcome {
    /// By port; a port without a plan has an empty one.
    var plans: [Int: ListenerPolicyPlan] = [:]
    var statuses: [NamespacedName: [PolicyAncestorStatus]] = [:]
    var problems: [Problem] = []
    /// The fields that are left out, because Envoy refuses them.
    var leftOut: [PolicyContribution] = []
  }

  static func plan(for inputs: GatewayInputs) -> Outcome {
    let gateway = inputs.gateway.metadata.id
    let context = PolicyContext(gateway: gateway, settings: inputs.settings)
    let policies = inputs.policies.filter { $0.targets(gateway) }.sorted { $0.isOlder(than: $1) }
    guard !policies.isEmpty else { return Outcome() }
    var combination = Combination(context: context, refused: inputs.leftOut)
    var outcome = Outcome()
    for policy in policies {
      let verdict = combination.add(policy)
      outcome.statuses[policy.metadata.id, default: []].append(
        verdict.status(towards: gateway, controllerName: inputs.settings.controllerName))
      outcome.problems += verdict.problems
    }
    outcome.leftOut = combination.leftOut
    // Listeners that share a port share a connection manager, and all ports of a Gateway have the same policies.
    let plan = combination.plan
    outcome.plans = Dictionary(inputs.gateway.listeners.map { ($0.port, plan) }) { first, _ in first }
    return outcome
  }
}

/// What the policies so far come to, the oldest first.
private struct Combination {
  let context: PolicyContext
  let refused: Set<FieldContent>
  private(set) var plan = ListenerPolicyPlan()
  private(set) var leftOut: [PolicyContribution] = []
  private var tracingOwner: NamespacedName?

  init(context: PolicyContext, refused: Set<FieldContent>) {
    self.context = context
    self.refused = refused
  }

  mutating func add(_ policy: HTTPListenerPolicy) -> PolicyVerdict {
    var verdict = PolicyVerdict(policy: policy)
    for (index, entry) in policy.accessLog.enumerated() {
      let path = "spec.accessLog[\(index)]"
      guard let log = AccessLogTranslation.translate(entry, at: path, in: context, &verdict.faults) else { continue }
      let contribution = PolicyContribution(policy: policy.metadata.id, path: path, log)
      guard !leavesOut(contribution) else { continue }
      plan.add(log, contributed: contribution)
      verdict.isInEffect = true
    }
    if let tracing = policy.tracing.flatMap({ TracingTranslation.translate($0, in: context, &verdict.faults) }) {
      if let tracingOwner {
        verdict.override("spec.tracing", by: tracingOwner)
      } else {
        let contribution = PolicyContribution(policy: policy.metadata.id, path: "spec.tracing", tracing)
        if !leavesOut(contribution) { plan.set(tracing, contributed: contribution) }
        verdict.isInEffect = true
        tracingOwner = policy.metadata.id
      }
    }
    return verdict
  }

  /// Whether Envoy refuses the field.
  private mutating func leavesOut(_ contribution: PolicyContribution) -> Bool {
    guard refused.contains(FieldContent(contribution)) else { return false }
    leftOut.append(contribution)
    return true
  }
}

extension ListenerPolicyPlan {
  fileprivate mutating func add(_ output: AccessLogTranslation.Output, contributed: PolicyContribution) {
    contributions.append(contributed)
    accessLog.append(output.accessLog)
    if let cluster = output.cluster { add(cluster) }
  }

  fileprivate mutating func set(_ output: TracingTranslation.Output, contributed: PolicyContribution) {
    contributions.append(contributed)
    tracing = output.tracing
    earlyHeaderMutations = output.propagation.earlyHeaderMutations(output.samplingRate)
    upstreamHTTPFilters = output.propagation.upstreamHTTPFilters
    clusterVariant = output.propagation.clusterVariant
    add(output.cluster)
  }

  private mutating func add(_ cluster: Envoy_Config_Cluster_V3_Cluster) {
    if !clusters.contains(where: { $0.name == cluster.name }) { clusters.append(cluster) }
  }
}

extension PolicyContribution {
  fileprivate init(policy: NamespacedName, path: String, _ output: AccessLogTranslation.Output) {
    self.init(
      policy: policy, path: path, fingerprint: Self.fingerprint([output.accessLog]),
      clusters: output.cluster.map { [$0.name] } ?? [])
  }

  fileprivate init(policy: NamespacedName, path: String, _ output: TracingTranslation.Output) {
    let mutations = output.propagation.earlyHeaderMutations(output.samplingRate)
    self.init(
      policy: policy, path: path, fingerprint: Self.fingerprint([output.tracing] + mutations),
      clusters: [output.cluster.name])
  }

  /// FNV-1a over the encoded messages.
  private static func fingerprint(_ messages: [any Message]) -> UInt64 {
    messages.reduce(0xcbf2_9ce4_8422_2325) { hash, message in
      Google_Protobuf_Any(packing: message).value.reduce(hash) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
  }
}

extension HTTPListenerPolicy {
  /// A policy names Gateways of its own namespace.
  fileprivate func targets(_ gateway: NamespacedName) -> Bool {
    metadata.namespace == gateway.namespace
      && targetRefs.contains {
        $0.group == "gateway.networking.k8s.io" && $0.kind == "Gateway" && $0.name == gateway.name
      }
  }

  /// An object without a timestamp was not created yet, and is the youngest.
  fileprivate func isOlder(than other: HTTPListenerPolicy) -> Bool {
    let (left, right) = (metadata.creationTimestamp, other.metadata.creationTimestamp)
    if left == right { return metadata.id < other.metadata.id }
    return !left.isEmpty && (right.isEmpty || left < right)
  }
}
