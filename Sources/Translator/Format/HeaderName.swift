/// Names of HTTP header fields.
enum HeaderName {
  /// The longest that Envoy takes, in bytes (`envoy.config.core.v3.HeaderValue.key`).
  private static let maximumLength = 16_384

  /// Whether the name is a token (RFC 9110, section 5.6.2), so that Envoy takes it.
  ///
  /// - Parameter allowsPseudoHeader: whether `:path` and the like are names too.
  static func isValid(_ name: some StringProtocol, allowsPseudoHeader: Bool = false) -> Bool {
    var bytes = name.utf8[...]
    if allowsPseudoHeader, bytes.first == UInt8(ascii: ":") { bytes = bytes.dropFirst() }
    return !bytes.isEmpty && bytes.count <= maximumLength && bytes.allSatisfy(isTokenByte)
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
