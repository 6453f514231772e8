/// Decides by the roles that are stored what a ServiceAccount may do. Others are not asked: the administrator may do
/// everything, and who is nobody nothing.
struct Authorizer: Sendable {
  let store: ObjectStore

  /// What a user may not do of what a request does; nil where all is allowed.
  func forbidden(_ user: User, _ request: APIRequest, _ path: RequestPath, _ kind: ResourceKind) -> AccessAttempt? {
    let attempt = AccessAttempt(request, path)
    if user == .anonymous { return attempt }
    guard let account = user.serviceAccount else { return nil }
    let rules = grants.rules(of: account)
    var attempts = [attempt]
    // An apply of an object that is not there is a creation too; of a subresource it is refused anyway.
    if request.contentType.hasPrefix("application/apply-patch+yaml"), path.subresource.isEmpty {
      let key = ObjectKey(namespace: path.namespace, name: path.name)
      if store.read({ $0.object(kind.stored.id, key) }) == nil { attempts.append(attempt.asCreation) }
    }
    return attempts.first { attempt in !rules.contains { $0.allows(attempt) } }
  }

  private var grants: AccessGrants {
    let kinds = [ChartKinds.clusterRoles, ChartKinds.roles, ChartKinds.clusterRoleBindings, ChartKinds.roleBindings]
    return store.read { state in
      AccessGrants(kinds.flatMap { state.objects[$0.id]?.values.map(\.value) ?? [] })
    }
  }
}

extension User {
  private static let prefix = "system:serviceaccount:"

  /// As `NAMESPACE/NAME`; nil if this is no ServiceAccount.
  var serviceAccount: String? {
    guard name.hasPrefix(Self.prefix) else { return nil }
    return name.dropFirst(Self.prefix.count).split(separator: ":").joined(separator: "/")
  }
}
