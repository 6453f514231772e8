import FoundationEssentials

/// Where the next page of a list begins, and in which snapshot: the server's own token, base64 of a small document.
struct ContinueToken: Sendable {
  /// -1: from the present state, whatever it is.
  let revision: Int
  /// The key of the last object of the page before.
  let lastKey: String

  init(revision: Int, lastKey: String) {
    self.revision = revision
    self.lastKey = lastKey
  }

  init(_ text: String) throws(StatusError) {
    let padded =
      text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 } + repeatElement("=", count: (4 - text.count % 4) % 4)
    guard let data = Data(base64Encoded: String(padded)) else {
      throw .badRequest("invalid continue token: continue key is not valid: illegal base64 data at input byte 0")
    }
    let document: JSONValue
    do {
      document = try JSONParser.parse(Array(data))
    } catch {
      throw .badRequest("invalid continue token: continue key is not valid: \(error.message)")
    }
    guard document["v"] == "meta.k8s.io/v1", let revision = document["rv"]?.integerValue,
      let start = document["start"]?.stringValue, start.hasPrefix("/"), start.hasSuffix("\0")
    else {
      throw .badRequest("invalid continue token: continue key is not valid: server does not recognize this encoding")
    }
    self.revision = Int(revision)
    lastKey = String(start.dropFirst().dropLast())
  }

  var text: String {
    // The server writes the NUL that ends the key in the long form, as Go does.
    let document = "{\"v\":\"meta.k8s.io/v1\",\"rv\":\(revision),\"start\":\"/\(lastKey)\\u0000\"}"
    let encoded = Data(document.utf8).base64EncodedString()
    return String(encoded.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }.filter { $0 != "=" })
  }
}
