package import KubernetesAPI

/// The outcome of a translation.
package struct Translation: Sendable, Equatable {
  package var configuration: ProxyConfiguration
  package var report: TranslationReport

  package init(configuration: ProxyConfiguration, report: TranslationReport) {
    self.configuration = configuration
    self.report = report
  }
}

/// What the status of each object must say towards this Gateway. Conditions carry the generation that was judged; the
/// transition time is for the writer of the status.
package struct TranslationReport: Sendable, Equatable {
  /// The Gateway's conditions, and the status of each of its listeners in the order of the spec.
  package var gateway: GatewayStatus
  /// By route, one entry for each of its parents that means this Gateway.
  package var routes: [NamespacedName: [RouteParentStatus]]
  /// By policy, what it is to this Gateway.
  package var policies: [NamespacedName: [PolicyAncestorStatus]]
  /// By port, which fields of which policies are in effect.
  package var effectivePolicies: [EffectivePolicy]
  /// The fields that would be in effect, but are left out as the inputs ask.
  package var leftOut: [PolicyContribution]
  /// All that was refused or does not resolve, in the order of the objects.
  package var problems: [Problem]

  package init(
    gateway: GatewayStatus = GatewayStatus(), routes: [NamespacedName: [RouteParentStatus]] = [:],
    policies: [NamespacedName: [PolicyAncestorStatus]] = [:], effectivePolicies: [EffectivePolicy] = [],
    leftOut: [PolicyContribution] = [], problems: [Problem] = []
  ) {
    self.gateway = gateway
    self.routes = routes
    self.policies = policies
    self.effectivePolicies = effectivePolicies
    self.leftOut = leftOut
    self.problems = problems
  }
}

/// Something in an object that is wrong, or that is not supported.
package struct Problem: Hashable, Sendable, Comparable, CustomStringConvertible {
  package var object: ObjectReference
  /// The path of the field from the object's root: `spec.rules[0].backendRefs[1].port`.
  package var path: String
  /// What is wrong with which value, and what to do. Does not repeat the path.
  package var message: String

  package init(object: ObjectReference, path: String, message: String) {
    self.object = object
    self.path = path
    self.message = message
  }

  package var description: String { "\(object): \(path): \(message)" }

  package static func < (left: Self, right: Self) -> Bool {
    (left.object, left.path, left.message) < (right.object, right.path, right.message)
  }
}
