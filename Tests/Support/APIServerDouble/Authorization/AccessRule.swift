/// A rule of a ClusterRole or a Role.
package struct AccessRule: Hashable, Sendable {
  /// nil: in every namespace, and on objects that have none.
  package let namespace: String?
  package let groups: [String]
  package let resources: [String]
  /// Empty: every name.
  package let names: [String]
  package let verbs: [String]

  /// The rules of a role, as they hold in a namespace or, with nil, everywhere.
  package static func rules(of role: JSONValue, in namespace: String?) -> [AccessRule] {
    (role["rules"]?.arrayValue ?? []).map { AccessRule($0, in: namespace) }
  }

  private init(_ rule: JSONValue, in namespace: String?) {
    func texts(_ key: String) -> [String] { (rule[key]?.arrayValue ?? []).compactMap(\.stringValue) }
    self.namespace = namespace
    groups = texts("apiGroups")
    resources = texts("resources")
    names = texts("resourceNames")
    verbs = texts("verbs")
  }

  private init(_ rule: AccessRule, group: String, resource: String, verb: String) {
    namespace = rule.namespace
    groups = [group]
    resources = [resource]
    names = rule.names
    verbs = [verb]
  }

  /// Whether it allows that. Subresources are resources of their own.
  package func allows(_ attempt: AccessAttempt) -> Bool {
    func covers(_ listed: [String], _ wanted: String) -> Bool { listed.contains("*") || listed.contains(wanted) }
    return covers(verbs, attempt.verb) && covers(groups, attempt.group) && covers(resources, attempt.resource)
      && (namespace == nil || namespace == attempt.namespace) && (names.isEmpty || names.contains(attempt.name))
  }

  /// The same permission as rules of one group, one resource and one verb.
  var single: [AccessRule] {
    groups.flatMap { group in
      resources.flatMap { resource in
        verbs.map { AccessRule(self, group: group, resource: resource, verb: $0) }
      }
    }
  }
}

extension AccessRule: CustomStringConvertible {
  /// `list gateways.gateway.networking.k8s.io`
  package var description: String {
    let name = names.isEmpty ? "" : " \(names.joined(separator: ","))"
    return "\(verbs.joined(separator: ",")) \(resources.joined(separator: ","))"
      + (groups == [""] ? "" : ".\(groups.joined(separator: ","))") + name + (namespace.map { " in \($0)" } ?? "")
  }
}
