package import JSON

/// The API server's answer to a request that it does not carry out: a `Status` object, or what stands for one where a
/// server or a proxy answers in another way.
package struct Status: Sendable, Hashable, CustomStringConvertible {
  /// A single field's part in it.
  package struct Cause: Sendable, Hashable {
    /// A path such as `spec.listeners[0].port`; may be empty.
    package var field: String
    /// `FieldValueInvalid`, `FieldManagerConflict`, ...
    package var reason: String
    package var message: String

    package init(field: String = "", reason: String = "", message: String = "") {
      self.field = field
      self.reason = reason
      self.message = message
    }
  }

  /// The HTTP status.
  package var code: Int
  /// One word for programs: `NotFound`, `Conflict`, `Expired`, ...; never empty.
  package var reason: String
  package var message: String
  package var causes: [Cause]
  /// When the server asks not to be asked again before.
  package var retryAfterSeconds: Int?

  package init(
    code: Int, reason: String? = nil, message: String = "", causes: [Cause] = [], retryAfterSeconds: Int? = nil
  ) {
    self.code = code
    self.reason = reason ?? Self.reason(of: code)
    self.message = message
    self.causes = causes
    self.retryAfterSeconds = retryAfterSeconds
  }

  package var description: String {
    let what = message.isEmpty ? reason : message
    return "\(code) \(reason)" + (what == reason ? "" : ": \(what)")
  }
}

extension Status {
  /// Reads a `Status` object; throws for any other.
  package init(from reader: inout JSONReader) throws(JSONError) {
    var status = Status(code: 0, reason: "")
    var kind = ""
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "kind": kind = try reader.readString()
      case "code": status.code = try reader.readInt()
      case "reason": status.reason = try reader.readString()
      case "message": status.message = try reader.readString()
      case "details": try status.readDetails(&reader)
      default: try reader.skipValue()
      }
    }
    guard kind == "Status" else { throw reader.error("expected a Status, found \(kind.isEmpty ? "no kind" : kind)") }
    if status.reason.isEmpty { status.reason = Self.reason(of: status.code) }
    self = status
  }

  private mutating func readDetails(_ reader: inout JSONReader) throws(JSONError) {
    if try reader.readNull() { return }
    var causes: [Cause] = []
    var seconds: Int?
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "retryAfterSeconds": seconds = try reader.readInt()
      case "causes":
        if try reader.readNull() { return }
        try reader.readArray { reader, _ throws(JSONError) in causes.append(try Cause(from: &reader)) }
      default: try reader.skipValue()
      }
    }
    self.causes = causes
    retryAfterSeconds = seconds
  }

  /// What an answer that is no success says, whatever its body: `Status` as JSON, plain text, or nothing.
  init(head: HTTPResponseHead, body: [UInt8]) {
    var reader = JSONReader(body)
    if let status = try? Status(from: &reader) {
      self = status
      // The status line counts, should the two differ.
      code = head.status
    } else {
      let text = String(decoding: body.prefix(200), as: UTF8.self)
      let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
      self.init(code: head.status, message: line)
    }
    // RFC 9110 also allows a date, which the API server never sends.
    if let seconds = head.headers["retry-after"].flatMap({ Int($0) }), seconds >= 0 { retryAfterSeconds = seconds }
  }

  /// The API server's word for a code that comes without one.
  private static func reason(of code: Int) -> String {
    switch code {
    case 400: "BadRequest"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "NotFound"
    case 405: "MethodNotAllowed"
    case 409: "Conflict"
    case 410: "Expired"
    case 415: "UnsupportedMediaType"
    case 422: "Invalid"
    case 429: "TooManyRequests"
    case 500: "InternalError"
    case 503: "ServiceUnavailable"
    case 504: "Timeout"
    default: "Unknown"
    }
  }
}

extension Status.Cause {
  fileprivate init(from reader: inout JSONReader) throws(JSONError) {
    var cause = Status.Cause()
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "field": cause.field = try reader.readString()
      case "reason": cause.reason = try reader.readString()
      case "message": cause.message = try reader.readString()
      default: try reader.skipValue()
      }
    }
    self = cause
  }
}
