import Crypto
import JSON
import NIOHPACK

/// A bearer token from a request's header `authorization` (RFC 6750): a JSON Web Token, as those of ServiceAccounts are.
///
/// Nothing in it is verified here. It is a secret, so it prints as nothing.
struct BearerToken: Sendable {
  enum Problem: Error {
    /// There is no header, or it has another scheme.
    case missing(reason: String)
    /// What is there is no token of a ServiceAccount.
    case malformed(reason: String)
  }

  /// What a token is remembered by, which does not give it away.
  typealias Key = SHA256Digest

  let text: String
  let key: Key
  /// The claim `exp`, in seconds since 1970; `nil` where there is none.
  let expiry: Double?

  init(_ headers: HPACKHeaders) throws(Problem) {
    let values = headers["authorization"]
    guard let value = values.first else { throw .missing(reason: "it has no header authorization") }
    guard values.count == 1 else { throw .malformed(reason: "it has several headers authorization") }
    let words = value.split(separator: " ")
    guard let scheme = words.first, scheme.lowercased() == "bearer" else {
      throw .missing(reason: "its header authorization has another scheme than Bearer")
    }
    guard words.count == 2, let token = words.last else {
      throw .malformed(reason: "its header authorization has not one token after Bearer")
    }
    try self.init(String(token))
  }

  init(_ text: String) throws(Problem) {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, parts.allSatisfy({ Base64URL.decode($0)?.isEmpty == false }),
      let payload = Base64URL.decode(parts[1])
    else { throw .malformed(reason: "its token is no JSON Web Token") }
    do {
      expiry = try Self.readExpiry(payload)
    } catch {
      // What is wrong there is not said: it would show what is in the token.
      throw .malformed(reason: "its token is no JSON Web Token: it has no claims that can be read")
    }
    self.text = text
    key = SHA256.hash(data: Array(text.utf8))
  }

  /// Whether a text for our log would give the token, or a part of it, away.
  func isContained(in text: String) -> Bool {
    self.text.split(separator: ".").contains { text.contains($0) }
  }

  private static func readExpiry(_ payload: [UInt8]) throws(JSONError) -> Double? {
    var reader = JSONReader(payload)
    var expiry: Double?
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "exp": expiry = try reader.readDouble()
      default: try reader.skipValue()
      }
    }
    try reader.readEnd()
    return expiry
  }
}

extension BearerToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  var description: String { "a bearer token" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: []) }
}

/// The base64 of RFC 4648 section 5 without padding, which the parts of a JSON Web Token are in.
enum Base64URL {
  /// `nil` for what is no such text.
  static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 3 / 4)
    var (bits, count): (UInt32, UInt32) = (0, 0)
    for character in text {
      guard let value = value(of: character) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      guard count >= 8 else { continue }
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      bits &= (1 << count) - 1
    }
    return bytes
  }

  private static func value(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
