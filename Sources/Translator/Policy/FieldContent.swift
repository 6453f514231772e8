package import KubernetesAPI

/// What a field of a policy has become, wherever in the policy it stands.
package struct FieldContent: Hashable, Sendable {
  package var policy: NamespacedName
  /// As in ``PolicyContribution/fingerprint``.
  package var fingerprint: UInt64

  package init(_ contribution: PolicyContribution) {
    policy = contribution.policy
    fingerprint = contribution.fingerprint
  }
}
