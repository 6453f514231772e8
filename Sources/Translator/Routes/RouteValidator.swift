import KubernetesAPI

/// Finds what a route says that is not built, or that Envoy would not take. A route with any of it is refused as a
/// whole: half a route could send requests where they must not go.
struct RouteValidator {
  private static let methods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"]

  private let reference: ObjectReference
  private var problems: [Problem] = []

  static func problems(in route: HTTPRoute) -> [Problem] {
    var validator = RouteValidator(reference: ObjectReference(kind: .httpRoute, id: route.metadata.id))
    validator.check(route)
    return validator.problems
  }

  private init(reference: ObjectReference) { self.reference = reference }

  private mutating func refuse(_ path: String, _ message: String) {
    problems.append(Problem(object: reference, path: path, message: message))
  }

  private mutating func check(_ route: HTTPRoute) {
    for field in route.unsupported {
      refuse(field.path, "\(field.value) is not supported; remove the field")
    }
    for (index, hostname) in route.hostnames.enumerated() where Hostname(hostname) == nil {
      refuse(
        "spec.hostnames[\(index)]",
        "'\(hostname)' is no host name; use lower-case labels such as www.example.com or *.example.com")
    }
    for (index, rule) in route.rules.enumerated() {
      let path = "spec.rules[\(index)]"
      for (index, match) in rule.matches.enumerated() {
        let path = "\(path).matches[\(index)]"
        // The value of a path of another type follows other rules, and the type is refused already.
        if !route.unsupported.contains(where: { $0.path == "\(path).path.type" }) { checkPath(of: match, path) }
        check(match, path)
      }
    }
  }

  private mutating func checkPath(of match: HTTPRoute.Match, _ path: String) {
    let value =
      switch match.path {
      case .exact(let value), .prefix(let value): value
      }
    if !Self.isPath(value) {
      refuse(
        "\(path).path.value",
        "'\(value)' is no path; it begins with '/', is percent-encoded, and has no '//', '/./', '/../' or '%2F'")
    }
  }

  private mutating func check(_ match: HTTPRoute.Match, _ path: String) {
    if let method = match.method, !Self.methods.contains(method) {
      refuse("\(path).method", "'\(method)' is not supported; use one of \(Self.methods.joined(separator: ", "))")
    }
    for (index, header) in match.headers.enumerated() where !HeaderName.isValid(header.name) {
      refuse("\(path).headers[\(index)].name", "'\(header.name)' is no name of a header field; correct it")
    }
    for (index, parameter) in match.queryParams.enumerated() where parameter.name.isEmpty {
      refuse("\(path).queryParams[\(index)].name", "'' is no name of a query parameter; give one")
    }
  }

  /// The rules of the HTTPRoute's schema for `path.value`. A path outside of them never matches, because Envoy
  /// normalizes a request's path before it looks for a route.
  private static func isPath(_ path: String) -> Bool {
    guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count <= 1024, path.utf8.allSatisfy(isPathByte) else {
      return false
    }
    let lowercased = path.lowercased()
    return !["//", "/./", "/../", "%2f"].contains(where: lowercased.contains)
      && !path.hasSuffix("/.") && !path.hasSuffix("/..")
  }

  private static func isPathByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || "-/._~!$&'()*+,;=:@%".utf8.contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
