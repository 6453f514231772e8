/// The permissions that somebody has, held against what they did with them.
package struct RBACUse: Sendable, Equatable {
  /// What was done and is not permitted, each once, in order.
  package let missing: [String]
  /// What is permitted and was never done: one line for each verb on each resource.
  package let unused: [String]

  /// Compares rules with attempts.
  package init(_ rules: [AccessRule], _ attempts: [AccessAttempt]) {
    let attempts = Set(attempts)
    missing = attempts.filter { attempt in !rules.contains { $0.allows(attempt) } }.map(\.description).sorted()
    unused = rules.flatMap(\.single).filter { rule in !attempts.contains(where: rule.allows) }.map(\.description)
      .sorted()
  }

  /// Compares what manifests grant a ServiceAccount with the requests of one client.
  ///
  /// - Parameters:
  ///   - manifests: with the ClusterRoles, Roles and their bindings; others are passed over.
  ///   - account: as `NAMESPACE/NAME`.
  ///   - requests: of everybody.
  ///   - agent: how the user agent of the client begins: `kgateway/`.
  package init(_ manifests: [JSONValue], of account: String, requests: [RecordedRequest], from agent: String) {
    self.init(
      AccessGrants(manifests).rules(of: account),
      requests.filter { $0.userAgent.hasPrefix(agent) }.flatMap(AccessAttempt.attempts))
  }
}

/// Roles and their bindings.
struct AccessGrants: Sendable {
  private let objects: [JSONValue]

  init(_ objects: [JSONValue]) { self.objects = objects }

  /// The rules that hold for a ServiceAccount, given as `NAMESPACE/NAME`.
  func rules(of account: String) -> [AccessRule] {
    objects.filter { binds($0, account) }.flatMap { binding -> [AccessRule] in
      let isClusterWide = binding["kind"] == "ClusterRoleBinding"
      let kind = binding[["roleRef", "kind"]]
      let role = objects.first {
        $0["kind"] == kind && $0.name == binding[["roleRef", "name"]]?.stringValue
          && (kind == "ClusterRole" || $0.namespace == binding.namespace)
      }
      return role.map { AccessRule.rules(of: $0, in: isClusterWide ? nil : binding.namespace) } ?? []
    }
  }

  private func binds(_ object: JSONValue, _ account: String) -> Bool {
    guard object["kind"] == "ClusterRoleBinding" || object["kind"] == "RoleBinding" else { return false }
    return (object["subjects"]?.arrayValue ?? []).contains { subject in
      guard subject["kind"] == "ServiceAccount", let name = subject["name"]?.stringValue else { return false }
      return "\(subject["namespace"]?.stringValue ?? object.namespace)/\(name)" == account
    }
  }
}
