import KubernetesAPI

/// A route with all that is found out about it: where it attaches, what its backends are, what its status says, and what
/// it becomes in Envoy.
final class JudgedRoute: Sendable {
  let input: RouteInput
  /// By rule and backend reference; a fault is told in the route's status.
  private let backends: [[Result<Backend, BackendFault>]]
  /// Where it serves; empty if it is refused.
  let places: [RouteAttachment.Place]
  /// Whether it means the Gateway at all.
  let isAttached: Bool
  let statuses: [RouteParentStatus]
  let problems: [Problem]
  /// What it becomes with one variant of its clusters, which nearly all Gateways have on all of their ports.
  private let compiled: CompiledRoute

  /// - Parameters:
  ///   - labels: of the route's namespace.
  ///   - variant: of the clusters that the route's port is likely to use.
  init(
    _ input: RouteInput, in inputs: GatewayInputs, _ listeners: ListenerSet, _ resolver: BackendResolver,
    labels: [String: String], variant: String?
  ) {
    self.input = input
    let route = input.route
    backends = route.rules.map { rule in
      rule.backendRefs.map { reference in
        Result { () throws(BackendFault) in try resolver.resolve(reference, from: route.metadata.namespace) }
      }
    }
    let attachment = RouteAttachment(route, to: inputs.gateway, listeners, labels: labels)
    isAttached = !attachment.parents.isEmpty
    let refusals = isAttached ? RouteValidator.problems(in: route) : []
    places = refusals.isEmpty ? attachment.places : []
    let report = RouteReport(route, backends, attachment, refusals: refusals)
    statuses = report.parentStatuses(controllerName: inputs.settings.controllerName)
    problems = report.problems
    compiled = places.isEmpty ? .none : RouteCompiler(clusterVariant: variant).compile(route, backends)
  }

  /// What it becomes with a variant of its clusters.
  func compiled(for variant: String?) -> CompiledRoute {
    compiled.variant == variant ? compiled : RouteCompiler(clusterVariant: variant).compile(input.route, backends)
  }

  /// Whether it goes before another one where their matches are alike: the older first, then by `namespace/name`
  /// (Gateway API, HTTPRouteRule.matches).
  func isOlder(than other: JudgedRoute) -> Bool {
    let (left, right) = (input.route.metadata, other.input.route.metadata)
    if left.creationTimestamp != right.creationTimestamp { return left.creationTimestamp < right.creationTimestamp }
    // Within a namespace the names alone decide, and nothing is put together for each comparison.
    guard left.namespace == right.namespace else { return left.id.description < right.id.description }
    return left.name < right.name
  }
}
