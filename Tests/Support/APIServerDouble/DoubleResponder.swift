import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOSSL

/// Brings requests from Hummingbird to the handler and the answers back.
struct DoubleResponder: HTTPResponder {
  let handler: APIHandler
  let connections: OpenConnections

  /// The largest body that is read, as in etcd.
  private static let bodyLimit = 3 * 1024 * 1024

  func respond(to request: Request, context: ConnectionContext) async throws -> Response {
    let connection = ClientConnection(channel: context.channel)
    connections.insert(context.channel)
    let body = try await request.body.collect(upTo: Self.bodyLimit)
    let response = await handler.respond(
      to: APIRequest(
        method: request.method.rawValue, path: request.uri.path.removingPercentEncoding,
        query: Self.queryItems(request.uri.query ?? ""), accept: request.headers[.accept] ?? "",
        acceptEncoding: request.headers[.acceptEncoding] ?? "",
        contentType: request.headers[.contentType] ?? "", userAgent: request.headers[.userAgent] ?? "",
        bearerToken: Self.bearerToken(request.headers[.authorization]),
        hasClientCertificate: await context.hasClientCertificate, client: context.client, body: Array(buffer: body)),
      on: connection)
    return Self.answer(response)
  }

  private static func answer(_ response: APIResponse) -> Response {
    var headers: HTTPFields = [.contentType: response.contentType, .cacheControl: response.cacheControl]
    for (name, value) in response.headers {
      if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
    }
    let body =
      switch response.body {
      case .bytes(let bytes): ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
      case .stream(let stream): ResponseBody(stream)
      }
    return Response(status: HTTPResponse.Status(code: response.status), headers: headers, body: body)
  }

  private static func queryItems(_ query: String) -> [APIRequest.QueryItem] {
    query.split(separator: "&").map { item in
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let texts = parts.map { String($0).replacing("+", with: " ").removingPercentEncoding }
      return APIRequest.QueryItem(name: texts[0], value: texts.count > 1 ? texts[1] : "")
    }
  }

  private static func bearerToken(_ header: String?) -> String? {
    guard let header, header.hasPrefix("Bearer ") else { return nil }
    return String(header.dropFirst("Bearer ".count))
  }
}

/// What a request knows of its connection.
struct ConnectionContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }

  /// The address that the connection comes from. The stream of HTTP/2 stands on the connection that has it.
  var client: String { (channel.remoteAddress ?? channel.parent?.remoteAddress)?.ipAddress ?? "" }

  /// Whether the connection is TLS with a client certificate, which was checked when it was made.
  /// The stream of HTTP/2 stands on the connection that has it.
  var hasClientCertificate: Bool {
    get async {
      for candidate in [channel, channel.parent] {
        guard let candidate else { continue }
        let found = try? await candidate.pipeline.handler(type: NIOSSLServerHandler.self)
          .map { $0.peerCertificate != nil }.get()
        if let found { return found }
      }
      return false
    }
  }
}

extension String {
  /// The text with `%41` and its like decoded; bytes that are no UTF-8 become U+FFFD.
  fileprivate var removingPercentEncoding: String {
    var bytes: [UInt8] = []
    var rest = utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
