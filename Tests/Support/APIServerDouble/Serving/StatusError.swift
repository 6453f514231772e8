/// A failure as the API server answers it: the `Status` object and its HTTP status code.
struct StatusError: Error, Sendable {
  var code: Int
  var reason: String
  var message: String
  var details: JSONValue?
  var retryAfterSeconds: Int?
  /// Set where a list can go on after all: the token of an inconsistent continuation.
  var continueToken: String?

  var status: JSONValue {
    var status: JSONValue = [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
    ]
    if let continueToken { status["metadata"] = ["continue": .string(continueToken)] }
    if !reason.isEmpty { status["reason"] = .string(reason) }
    status["details"] = details
    status["code"] = .integer(Int64(code))
    return status
  }
}

extension StatusError {
  static func badRequest(_ message: String) -> StatusError {
    StatusError(code: 400, reason: "BadRequest", message: message)
  }

  static let unauthorized = StatusError(code: 401, reason: "Unauthorized", message: "Unauthorized")

  static func notFound(_ resource: GroupResource, _ name: String) -> StatusError {
    StatusError(
      code: 404, reason: "NotFound", message: "\(resource) \"\(name)\" not found",
      details: details(resource, name, kind: resource.plural))
  }

  static func alreadyExists(_ resource: GroupResource, _ name: String) -> StatusError {
    StatusError(
      code: 409, reason: "AlreadyExists", message: "\(resource) \"\(name)\" already exists",
      details: details(resource, name, kind: resource.plural))
  }

  static func conflict(_ resource: GroupResource, _ name: String, because cause: String) -> StatusError {
    StatusError(
      code: 409, reason: "Conflict",
      message: "Operation cannot be fulfilled on \(resource) \"\(name)\": \(cause)",
      details: details(resource, name, kind: resource.plural))
  }

  static func modified(_ resource: GroupResource, _ name: String) -> StatusError {
    conflict(
      resource, name,
      because: "the object has been modified; please apply your changes to the latest version and try again")
  }

  /// Code 422. One cause stands in the message as it is, several in brackets.
  static func invalid(_ kind: ResourceKind, _ name: String, _ errors: [FieldError]) -> StatusError {
    let texts = errors.map { "\($0.field): \($0.message)" }
    let list = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    var details = details(kind.id, name, kind: kind.kind)
    details["causes"] = .array(
      errors.map { ["reason": .string($0.reason), "message": .string($0.message), "field": .string($0.field)] })
    return StatusError(
      code: 422, reason: "Invalid", message: "\(kind.qualifiedKind) \"\(name)\" is invalid: \(list)", details: details)
  }

  static func tooOld(_ requested: Int, oldest: Int) -> StatusError {
    StatusError(code: 410, reason: "Expired", message: "too old resource version: \(requested) (\(oldest))")
  }

  static func tooLarge(_ requested: Int, current: Int) -> StatusError {
    StatusError(
      code: 504, reason: "Timeout",
      message: "Timeout: Too large resource version: \(requested), current: \(current)",
      details: [
        "causes": [["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]],
        "retryAfterSeconds": 1,
      ], retryAfterSeconds: 1)
  }

  static func expiredContinue(_ inconsistentToken: String) -> StatusError {
    StatusError(
      code: 410, reason: "Expired",
      message: "The provided continue parameter is too old to display a consistent list result. You can start a new "
        + "list without the continue parameter.", continueToken: inconsistentToken)
  }

  static func methodNotAllowed(_ details: JSONValue? = [:]) -> StatusError {
    StatusError(
      code: 405, reason: "MethodNotAllowed",
      message: "the server does not allow this method on the requested resource", details: details)
  }

  /// What a server says that does not begin watches with a list.
  static let noStreamedLists = StatusError(
    code: 422, reason: "Invalid",
    message: "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden "
      + "for watch unless the WatchList feature gate is enabled")

  static let unsupportedMediaType = StatusError(
    code: 415, reason: "UnsupportedMediaType",
    message: "the body of the request was in an unknown format - accepted media types include: "
      + "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml")

  private static func details(_ resource: GroupResource, _ name: String, kind: String) -> JSONValue {
    var details: JSONValue = ["name": .string(name)]
    if !resource.group.isEmpty { details["group"] = .string(resource.group) }
    details["kind"] = .string(kind)
    return details
  }
}
