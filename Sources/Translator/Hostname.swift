/// A host name of a listener or a route: nil for every host, `example.com`, or `*.example.com` for every host under it.
struct Hostname: Hashable, Sendable {
  /// As Envoy's virtual hosts write it: the name, or `*` for every host.
  let domain: String

  static let any = Hostname(domain: "*")

  private init(domain: String) { self.domain = domain }

  /// Nil where the text is no host name: labels of lower-case letters, digits and inner hyphens, at most 253 bytes, at
  /// most the first label a wildcard, no IP address (Gateway API, type Hostname).
  init?(_ text: String) {
    guard text.utf8.count <= 253 else { return nil }
    var name = text.utf8[...]
    if text.hasPrefix("*.") { name = name.dropFirst(2) }
    let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard labels.allSatisfy(Self.isLabel) else { return nil }
    if labels.count == 4, labels.allSatisfy({ $0.allSatisfy(Self.isDigit) }) { return nil }
    domain = text
  }

  var isAny: Bool { domain == "*" }

  var isWildcard: Bool { domain.utf8.first == UInt8(ascii: "*") }

  /// Whether every host that `other` means is also meant here.
  func covers(_ other: Hostname) -> Bool {
    if isAny || self == other { return true }
    guard isWildcard else { return false }
    // A host under `*.example.com` ends with `.example.com` and has something before it; so does `*.a.example.com`.
    let suffix = domain.dropFirst()
    return other.domain.utf8.count > suffix.utf8.count && other.domain.hasSuffix(suffix)
  }

  /// The hosts that both mean: the narrower of the two, or nil where there are none.
  func intersection(_ other: Hostname) -> Hostname? {
    if covers(other) { return other }
    return other.covers(self) ? self : nil
  }

  /// The wildcards that cover this, the narrowest first; the last is `any`, which itself has none.
  var wildcards: [Hostname] {
    guard !isAny else { return [] }
    var result: [Hostname] = []
    var rest = domain[...]
    if isWildcard { rest = rest.dropFirst(2) }
    while let dot = rest.firstIndex(of: ".") {
      rest = rest[rest.index(after: dot)...]
      result.append(Hostname(domain: "*.\(rest)"))
    }
    return result + [.any]
  }

  private static func isLabel(_ label: Substring.UTF8View) -> Bool {
    guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-") else {
      return false
    }
    return label.allSatisfy {
      isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-")
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

extension Hostname: Comparable {
  /// The narrower first: names before wildcards before every host, and of two wildcards that with more labels.
  static func < (left: Self, right: Self) -> Bool {
    left.rank == right.rank ? left.domain < right.domain : left.rank < right.rank
  }

  private var rank: Int {
    guard isWildcard else { return -1000 }
    return -domain.utf8.count { $0 == UInt8(ascii: ".") }
  }
}
