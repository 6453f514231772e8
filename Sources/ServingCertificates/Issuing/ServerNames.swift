import SwiftASN1
import X509

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The names under which clients reach a server, and so those that its certificate is for.
package struct ServerNames: Hashable, Sendable {
  /// In lower case, the one that clients are told first.
  package var dns: [String]
  /// As numbers in network order: 4 bytes or 16.
  package var addresses: [[UInt8]]

  package init(dns: [String], addresses: [[UInt8]] = []) {
    self.dns = dns
    self.addresses = addresses
  }

  /// Those of the host that clients are told. A Service of Kubernetes, `NAME.NAMESPACE.svc`, is known by two more
  /// names, which a client outside of our own deployment may use: the one that the cluster's DNS calls complete (with
  /// `cluster.local`, the domain unless the cluster was given another), and `NAME.NAMESPACE`. Not `localhost`: nobody
  /// is sent there.
  package init(host: String) {
    if let address = Self.address(host) {
      self.init(dns: [], addresses: [address])
      return
    }
    let host = host.lowercased()
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    guard labels.count >= 3, labels[2] == "svc", labels.count == 3 || host.hasSuffix(Self.clusterSuffix) else {
      self.init(dns: [host])
      return
    }
    let short = "\(labels[0]).\(labels[1])"
    let all = [host, "\(short).svc", short + Self.clusterSuffix, short]
    self.init(dns: all.reduce(into: []) { if !$0.contains($1) { $0.append($1) } })
  }

  private static let clusterSuffix = ".svc.cluster.local"

  /// The number of an IP address; nil for any other text.
  private static func address(_ text: String) -> [UInt8]? {
    for (family, length) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: length)
      if inet_pton(family, text, &bytes) == 1 { return bytes }
    }
    return nil
  }

  // MARK: In a certificate

  var generalNames: [GeneralName] {
    dns.map { .dnsName($0) } + addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) }
  }

  /// Whether the certificate is for all of these, and for no others.
  func areExactly(thoseOf certificate: Certificate) -> Bool {
    guard let names = try? certificate.extensions.subjectAlternativeNames else { return false }
    return Set(names) == Set(generalNames)
  }

  /// Whether the certificate is for the name, or address, that clients are told.
  func areCovered(by certificate: Certificate) -> Bool {
    guard let names = try? certificate.extensions.subjectAlternativeNames, let first = generalNames.first else {
      return false
    }
    guard case .dnsName(let host) = first else { return names.contains(first) }
    return names.contains { name in
      guard case .dnsName(let pattern) = name else { return false }
      return pattern.lowercased() == host || Self.matches(host, wildcard: pattern.lowercased())
    }
  }

  /// A wildcard stands for one whole label, the first (RFC 9525 section 6.3).
  private static func matches(_ host: String, wildcard: String) -> Bool {
    guard wildcard.hasPrefix("*."), let dot = host.firstIndex(of: ".") else { return false }
    return host[dot...] == wildcard.dropFirst()
  }
}

extension ServerNames {
  /// For messages: the one that clients are told.
  package var text: String {
    if let name = dns.first { return name }
    return addresses.first.map { $0.count == 4 ? $0.map { "\($0)" }.joined(separator: ".") : "the IPv6 address" } ?? ""
  }
}
