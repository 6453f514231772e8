/// An export as it was asked for, by its outside.
package struct OTLPRequest: Sendable, Hashable {
  /// What it came over.
  package enum Transport: Sendable, Hashable {
    case grpc, http
  }

  package var transport: Transport
  /// `/v1/traces`, or gRPC's `/package.Service/Method`.
  package var path: String
  /// The headers by their names in small letters, `:authority` and the like included; for HTTP, `:authority` is what
  /// `host` says. The values of a header that came several times are joined with ", ".
  package var headers: [String: String]

  init(_ transport: Transport, path: String, headers: some Sequence<(name: String, value: String)>) {
    self.transport = transport
    self.path = path
    self.headers = Dictionary(headers.lazy.map { ($0.name.lowercased(), $0.value) }) { "\($0), \($1)" }
    if let host = self.headers["host"], self.headers[":authority"] == nil { self.headers[":authority"] = host }
  }
}
