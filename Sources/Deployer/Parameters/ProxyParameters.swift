import JSON
import KubernetesAPI
import Translator

/// How a Gateway's proxies run: the parameters of the class, those of the Gateway over them, and the operator's defaults
/// under both.
///
/// Field by field, what the Gateway's parameters set counts, and otherwise what the class's set. Maps (labels,
/// annotations, resources, the node selector) are merged by their keys. Lists (environment, tolerations, spread
/// constraints, pull secrets, statistics) and what Kubernetes defines (affinity) are replaced whole, never mixed. Of
/// fields that exclude each other (replicas and autoscaling; the tag and the digest of an image; the two sides of a
/// disruption budget; include and exclude) setting one takes away the other.
struct ProxyParameters: Hashable, Sendable {
  var merged: GatewayParameters
  /// In seconds; 0: proxies are not drained.
  var drainSeconds = Default.drainSeconds
  /// In seconds.
  var gracePeriod: Int
  var requests: [String: Quantity] = [:]
  var limits: [String: Quantity] = [:]

  private enum Default {
    static let drainSeconds = 20
    /// From the end of a drain to the end of a pod, in seconds.
    static let graceAfterDrain = 10
    static let requests = ["cpu": "100m", "memory": "128Mi"]
    static let limits = ["memory": "1Gi"]
    /// An Envoy takes about 15 MiB when it is idle, and the one that drains it as much.
    static let minimumMemory: Int64 = 64 << 20
  }

  /// - Parameter faults: what is wrong with the combination; its parts have been checked.
  init(_ layers: [GatewayParameters], _ faults: inout [FieldFault]) {
    merged = layers.reduce(GatewayParameters(metadata: ObjectMeta())) { $0.overlaid(with: $1) }
    if let text = merged.drainDuration, let seconds = ParametersCheck.drainSeconds(text, &faults) {
      drainSeconds = seconds
    }
    gracePeriod = merged.pod.terminationGracePeriodSeconds ?? drainSeconds + Default.graceAfterDrain
    if gracePeriod <= drainSeconds {
      faults.add(
        "spec.pod.terminationGracePeriodSeconds",
        "\(gracePeriod) is not more than the drainDuration, \(drainSeconds)s, so that proxies would be killed while they"
          + " drain; use at least \(drainSeconds + 1)")
    }
    setResources(&faults)
    checkService(&faults)
    if let autoscaling = merged.autoscaling { checkTargets(of: autoscaling, &faults) }
  }

  private mutating func setResources(_ faults: inout [FieldFault]) {
    limits = Default.limits.overlaid(with: merged.resources.limits).compactMapValues(Quantity.init)
    requests = Default.requests.overlaid(with: merged.resources.requests).compactMapValues(Quantity.init)
    for (name, limit) in limits.sorted(by: { $0.key < $1.key }) {
      guard let request = requests[name], request > limit else { continue }
      if merged.resources.requests[name] == nil {
        requests[name] = limit
      } else if merged.resources.limits[name] == nil {
        limits[name] = request
      } else {
        faults.add(
          "spec.resources.requests.\(name)",
          "\(request.canonical) is more than the limit, \(limit.canonical); request at most that")
      }
    }
    if let memory = limits["memory"], memory.roundedUp < Default.minimumMemory {
      faults.add("spec.resources.limits.memory", "\(memory.canonical) is too little for Envoy; use at least 64Mi")
    }
  }

  private func checkService(_ faults: inout [FieldFault]) {
    let service = merged.service
    if service.externalTrafficPolicy != nil, serviceType == "ClusterIP" {
      faults.add(
        "spec.service.externalTrafficPolicy",
        "a Service of the type ClusterIP has none; remove it, or use the type LoadBalancer or NodePort")
    }
    if service.loadBalancerClass != nil, serviceType != "LoadBalancer" {
      faults.add(
        "spec.service.loadBalancerClass",
        "a Service of the type \(serviceType) has none; remove it, or use the type LoadBalancer")
    }
  }

  /// A utilization is a share of what is requested.
  private func checkTargets(of autoscaling: GatewayParameters.Autoscaling, _ faults: inout [FieldFault]) {
    for (name, resource, target) in [
      ("targetCPUUtilizationPercentage", "cpu", autoscaling.targetCPUUtilizationPercentage),
      ("targetMemoryUtilizationPercentage", "memory", autoscaling.targetMemoryUtilizationPercentage),
    ] where target != nil && requests[resource]?.roundedUp == 0 {
      faults.add(
        "spec.autoscaling.\(name)", "means a share of the \(resource) that is requested, which is 0; request some")
    }
  }

  var serviceType: String { merged.service.type ?? "LoadBalancer" }

  /// How many threads serve requests: as many as the processors that the container may use or, where they are not
  /// limited, requests; then at least two, so that one busy connection does not hold up all others.
  var workers: Int64 {
    if let limit = limits["cpu"] { return max(1, limit.roundedUp) }
    return max(2, requests["cpu"]?.roundedUp ?? 0)
  }

  /// For Envoy's heap, in bytes; nil where the memory is not limited.
  var heap: UInt64? { limits["memory"].map { OverloadLimits.heap(ofContainer: $0.roundedUp) } }

  /// The whole reference of the image.
  ///
  /// - Parameter standard: what is used where the parameters say nothing.
  func image(standard: String) -> String {
    let image = merged.image
    guard image.repository != nil || image.tag != nil || image.digest != nil else { return standard }
    let (repository, version) = Self.split(standard)
    let name = image.repository ?? repository
    if let digest = image.digest { return "\(name)@\(digest)" }
    if let tag = image.tag { return "\(name):\(tag)" }
    return name + version
  }

  /// An image's name, and what follows it: its tag or digest with the sign before it.
  private static func split(_ image: String) -> (repository: String, version: String) {
    if let at = image.firstIndex(of: "@") { return (String(image[..<at]), String(image[at...])) }
    let name = image.lastIndex(of: "/").map { image.index(after: $0) } ?? image.startIndex
    guard let colon = image[name...].lastIndex(of: ":") else { return (image, "") }
    return (String(image[..<colon]), String(image[colon...]))
  }
}
