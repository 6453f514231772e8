import Hummingbird

/// An answer, before it becomes one of the HTTP server.
struct APIResponse: Sendable {
  typealias Stream = @concurrent @Sendable (inout any ResponseBodyWriter) async throws -> Void

  enum Body: Sendable {
    case bytes([UInt8])
    case stream(Stream)
  }

  var status: Int
  var contentType: String
  var cacheControl = "no-cache, private"
  var headers: [(name: String, value: String)] = []
  var body: Body

  static func json(_ value: JSONValue, status: Int = 200) -> APIResponse {
    APIResponse(status: status, contentType: "application/json", body: .bytes(value.jsonBytes))
  }

  static func json(bytes: [UInt8], status: Int = 200) -> APIResponse {
    APIResponse(status: status, contentType: "application/json", body: .bytes(bytes))
  }

  static func text(_ text: String, status: Int = 200) -> APIResponse {
    APIResponse(
      status: status, contentType: "text/plain; charset=utf-8", headers: [("X-Content-Type-Options", "nosniff")],
      body: .bytes(Array(text.utf8)))
  }

  /// What the server says to a path of a group that it does not serve: plain text, and no `Status`.
  static let pageNotFound = text("404 page not found\n", status: 404)

  static func failure(_ error: StatusError) -> APIResponse {
    var response = json(error.status, status: error.code)
    if let seconds = error.retryAfterSeconds { response.headers.append(("Retry-After", String(seconds))) }
    if error.code == 403 { response.headers.append(("X-Content-Type-Options", "nosniff")) }
    return response
  }
}
