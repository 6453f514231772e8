/// Carries requests to one API server.
///
/// The client and the reflector know the server only through this protocol, so that a test can script every way in
/// which a server fails.
package protocol KubernetesTransport: Sendable {
  /// Sends a request, and lets `consume` read the answer, whatever its status. When `consume` returns or throws, the
  /// exchange is over: what was not read of the body is dropped.
  ///
  /// Throws a ``TransportError`` when there is no answer, a ``CredentialsError`` when a file that identifies the client
  /// cannot be read, `CancellationError` when the task is cancelled, and what
  /// `consume` throws.
  func perform<Result>(
    _ request: HTTPRequest, _ consume: (HTTPResponseHead, any HTTPResponseBody) async throws -> Result
  ) async throws -> Result

  /// Ends every exchange and frees what the transport holds. Requests made later fail.
  func shutdown() async
}

/// The body of an answer, pulled: the server is asked for more only as fast as it is read.
package protocol HTTPResponseBody: AnyObject {
  /// The next bytes, at least one; nil at the end. Throws ``TransportError`` when the connection breaks before the
  /// end, and `CancellationError`.
  func next() async throws -> [UInt8]?

  /// The headers after the body, by lower-case name; complete when ``next()`` has returned nil.
  var trailers: [String: String] { get }
}

extension HTTPResponseBody {
  package var trailers: [String: String] { [:] }
}

/// A request to an API server, without the server's address.
package struct HTTPRequest: Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  /// How long the parts of an exchange may take; nil sets no bound.
  package struct Timeouts: Sendable, Hashable {
    /// From the first packet to the end of the TLS handshake.
    package var connect: Duration
    /// Until status and headers are there.
    package var answer: Duration?
    /// The whole exchange.
    package var total: Duration?
    /// Without one byte from the server. Time in which the reader is the slow one does not count.
    package var idle: Duration?

    package init(
      connect: Duration = .seconds(10), answer: Duration? = nil, total: Duration? = nil, idle: Duration? = nil
    ) {
      self.connect = connect
      self.answer = answer
      self.total = total
      self.idle = idle
    }
  }

  package var method: Method
  /// Absolute, and percent-encoded where needed.
  package var path: String
  /// Names and values as they are meant; ``target`` encodes them.
  package var query: [Field]
  package var headers: [Field]
  package var body: [UInt8]?
  package var timeouts: Timeouts

  package init(
    _ method: Method, path: String, query: [Field] = [], headers: [Field] = [], body: [UInt8]? = nil,
    timeouts: Timeouts = Timeouts()
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.timeouts = timeouts
  }

  /// A header or a query parameter.
  package struct Field: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Path and query as they stand in the request line.
  package var target: String {
    guard !query.isEmpty else { return path }
    let parameters = query.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }
    return path + "?" + parameters.joined(separator: "&")
  }

  /// The value of the query parameter, as it is meant.
  package func parameter(_ name: String) -> String? {
    query.first { $0.name == name }?.value
  }
}

/// Status and headers of an answer.
package struct HTTPResponseHead: Sendable {
  package var status: Int
  /// By lower-case name; a header sent twice keeps its last value.
  package var headers: [String: String]
  /// Of HTTP: `1.1` or `2`.
  package var version: String

  package init(status: Int, headers: [String: String] = [:], version: String = "1.1") {
    self.status = status
    self.version = version
    self.headers = headers
  }
}

/// Everything but the unreserved characters of RFC 3986 as `%XX`.
func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var encoded: [UInt8] = []
  encoded.reserveCapacity(text.utf8.count)
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      encoded.append(byte)
    default:
      encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: encoded, as: UTF8.self)
}
