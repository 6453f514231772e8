extension GatewayID {
  /// The Gateway whose proxies this user is: the ServiceAccount `name` of `namespace`, which Kubernetes writes as
  /// `system:serviceaccount:namespace:name`. `nil` for any other user.
  package init?(serviceAccountUser user: String) {
    let parts = user.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount", Self.isLabel(parts[2], limit: 63),
      parts[3].utf8.count <= 253,
      parts[3].split(separator: ".", omittingEmptySubsequences: false).allSatisfy({
        Self.isLabel($0, limit: 253)
      })
    else { return nil }
    self.init(namespace: String(parts[2]), name: String(parts[3]))
  }

  /// Whether this is a label of a DNS name as Kubernetes names its objects (RFC 1123, in lower case).
  private static func isLabel(_ text: Substring, limit: Int) -> Bool {
    let isAlphanumeric: (UInt8) -> Bool = {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
    }
    guard text.utf8.count <= limit, let first = text.utf8.first, let last = text.utf8.last else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
  }
}
