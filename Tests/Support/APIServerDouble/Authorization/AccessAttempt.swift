/// What a request wants to do, in the words of a role.
package struct AccessAttempt: Hashable, Sendable, CustomStringConvertible {
  /// `list`
  package let verb: String
  /// Empty for the core group.
  package let group: String
  /// With its subresource, if one is meant: `gateways/status`.
  package let resource: String
  /// Empty for an object without one, and for all namespaces.
  package let namespace: String
  /// Empty where no single object is meant.
  package let name: String

  /// What a recorded request wanted: nothing for discovery, health and the like.
  ///
  /// A server-side apply is a patch, and a creation if the object is not there yet. The record does not say whether it
  /// was, so an apply counts as both; one of a subresource never creates.
  package static func attempts(of request: RecordedRequest) -> [AccessAttempt] {
    guard let path = RequestPath(request.path), path.plural != nil else { return [] }
    let attempt = AccessAttempt(
      method: request.method, isWatch: request.isWatch, path, fieldSelector: request[query: "fieldSelector"])
    let isApply = request.contentType.hasPrefix("application/apply-patch+yaml") && path.subresource.isEmpty
    return isApply ? [attempt, attempt.asCreation] : [attempt]
  }

  init(_ request: APIRequest, _ path: RequestPath) {
    self.init(
      method: request.method, isWatch: request.isWatch, path, fieldSelector: request[query: "fieldSelector"])
  }

  private init(method: String, isWatch: Bool, _ path: RequestPath, fieldSelector: String?) {
    let plural = path.plural ?? ""
    self.init(
      verb: Self.verb(method, isWatch: isWatch, isCollection: path.name.isEmpty), group: path.group,
      resource: path.subresource.isEmpty ? plural : "\(plural)/\(path.subresource)", namespace: path.namespace,
      name: path.name.isEmpty ? Self.selectedName(fieldSelector) : path.name)
  }

  private init(verb: String, group: String, resource: String, namespace: String, name: String) {
    self.verb = verb
    self.group = group
    self.resource = resource
    self.namespace = namespace
    self.name = name
  }

  /// The name of an object that is to be created is not asked about.
  var asCreation: AccessAttempt {
    AccessAttempt(verb: "create", group: group, resource: resource, namespace: namespace, name: "")
  }

  /// `list gateways.gateway.networking.k8s.io`, `get leases.coordination.k8s.io kgateway-system/kgateway`
  package var description: String {
    let parts = resource.split(separator: "/", maxSplits: 1)
    let plural = parts.first.map(String.init) ?? ""
    let subresource = parts.count > 1 ? "/\(parts[1])" : ""
    let place = namespace.isEmpty ? name : name.isEmpty ? "in \(namespace)" : "\(namespace)/\(name)"
    return "\(verb) \(plural)\(group.isEmpty ? "" : ".\(group)")\(subresource)\(place.isEmpty ? "" : " \(place)")"
  }

  private static func verb(_ method: String, isWatch: Bool, isCollection: Bool) -> String {
    switch method {
    case "GET" where isWatch: "watch"
    case "GET": isCollection ? "list" : "get"
    case "POST": "create"
    case "PUT": "update"
    case "PATCH": "patch"
    case "DELETE": isCollection ? "deletecollection" : "delete"
    default: method.lowercased()
    }
  }

  /// A list or a watch that selects one name is allowed where that name is.
  private static func selectedName(_ fieldSelector: String?) -> String {
    for term in (fieldSelector ?? "").split(separator: ",") {
      let sides = term.split(separator: "=", omittingEmptySubsequences: true)
      if sides.count == 2, sides[0] == "metadata.name" { return String(sides[1]) }
    }
    return ""
  }
}
