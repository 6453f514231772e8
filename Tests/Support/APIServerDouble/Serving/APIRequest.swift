/// A request as the double sees it, taken off the HTTP server.
struct APIRequest: Sendable {
  var method: String
  var path: String
  var query: [QueryItem]
  var accept: String
  var contentType: String
  var userAgent: String
  /// nil: no `Authorization: Bearer`.
  var bearerToken: String?
  /// The client came with a certificate that the double's authority signed.
  var hasClientCertificate: Bool
  /// The address that it came from.
  var client: String
  var body: [UInt8]

  struct QueryItem: Sendable, Equatable {
    let name: String
    let value: String
  }

  subscript(query name: String) -> String? { query.first { $0.name == name }?.value }

  func flag(_ name: String) -> Bool { ["1", "true"].contains(self[query: name]) }

  var isWatch: Bool { method == "GET" && flag("watch") }
}

/// A request that the double has received, for tests to look at. It has no credentials in it.
package struct RecordedRequest: Sendable {
  /// `GET`, `POST` ...
  package let method: String
  /// Without the query, decoded.
  package let path: String
  /// As sent, decoded: name and value pairs in order.
  package let query: [(name: String, value: String)]
  /// Empty where the client sent none.
  package let userAgent: String
  /// The IP address that it came from.
  package let client: String
  /// The `Content-Type` of the body; empty where there was none.
  package let contentType: String
  /// As it came.
  package let body: [UInt8]
  /// The status that it was answered with; nil as long as it was not.
  package internal(set) var status: Int?

  /// The first value of a query parameter.
  package subscript(query name: String) -> String? { query.first { $0.name == name }?.value }

  /// Whether it opens a watch; one that is asked to begin with a list counts as the list.
  package var isWatch: Bool { method == "GET" && isFlagged("watch") && !isFlagged("sendInitialEvents") }

  /// Whether it is a list in the form of a watch.
  package var isStreamedList: Bool { method == "GET" && isFlagged("watch") && isFlagged("sendInitialEvents") }

  private func isFlagged(_ name: String) -> Bool { ["1", "true"].contains(self[query: name]) }

  init(_ request: APIRequest) {
    method = request.method
    path = request.path
    query = request.query.map { ($0.name, $0.value) }
    userAgent = request.userAgent
    client = request.client
    contentType = request.contentType
    body = request.body
  }
}
