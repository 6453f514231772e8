/// The parts of a resource's URL: `/apis/GROUP/VERSION[/namespaces/NAMESPACE]/PLURAL[/NAME[/SUBRESOURCE]]`.
struct RequestPath: Sendable {
  var group: String
  var version: String
  /// nil: the URL ends at the version, and asks what resources there are.
  var plural: String?
  var namespace = ""
  var name = ""
  var subresource = ""

  /// nil where the path is not one of the API's.
  init?(_ path: String) {
    var parts = path.split(separator: "/").map(String.init)[...]
    switch (parts.first, parts.count) {
    case ("api", 2...):
      (group, version) = ("", parts[1])
      parts = parts.dropFirst(2)
    case ("apis", 3...):
      (group, version) = (parts[1], parts[2])
      parts = parts.dropFirst(3)
    default:
      return nil
    }
    // A namespace is both a resource and the home of others; `status` and `finalize` are its own sub-resources.
    if parts.first == "namespaces", parts.count > 2, !["status", "finalize"].contains(parts[parts.startIndex + 2]) {
      namespace = parts[parts.startIndex + 1]
      parts = parts.dropFirst(2)
    }
    plural = parts.popFirst()
    name = parts.popFirst() ?? ""
    subresource = parts.popFirst() ?? ""
    if !parts.isEmpty { return nil }
  }
}
