/// The kinds that charts install beside those that the operator itself knows.
enum ChartKinds {
  static let all = [networkPolicies, clusterRoleBindings, clusterRoles, roleBindings, roles]

  static let networkPolicies = ResourceKind(
    group: "networking.k8s.io", version: "v1", kind: "NetworkPolicy", plural: "networkpolicies",
    singular: "networkpolicy", shortNames: ["netpol"], countsGenerations: true, allowsUnconditionalUpdate: true,
    schema: .root([
      "spec": .object([
        "podSelector": .openObject.atomic, "ingress": .list(of: .openObject), "egress": .list(of: .openObject),
        "policyTypes": .list(of: .string),
      ]).open
    ]).open)

  static let clusterRoles = role("ClusterRole", isNamespaced: false)
  static let roles = role("Role", isNamespaced: true)
  static let clusterRoleBindings = binding("ClusterRoleBinding", isNamespaced: false)
  static let roleBindings = binding("RoleBinding", isNamespaced: true)

  private static func role(_ kind: String, isNamespaced: Bool) -> ResourceKind {
    rbac(
      kind, isNamespaced: isNamespaced,
      schema: .root(["rules": .list(of: .openObject), "aggregationRule": .openObject]).open)
  }

  private static func binding(_ kind: String, isNamespaced: Bool) -> ResourceKind {
    rbac(
      kind, isNamespaced: isNamespaced,
      schema: .root(["subjects": .list(of: .openObject), "roleRef": .openObject.atomic], required: ["roleRef"]).open)
  }

  private static func rbac(_ kind: String, isNamespaced: Bool, schema: Schema) -> ResourceKind {
    ResourceKind(
      group: "rbac.authorization.k8s.io", version: "v1", kind: kind, plural: "\(kind.lowercased())s",
      singular: kind.lowercased(), isNamespaced: isNamespaced, allowsUnconditionalUpdate: true, schema: schema)
  }
}
