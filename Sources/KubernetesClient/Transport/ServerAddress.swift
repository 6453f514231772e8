import CCurl

/// Where an API server is: `https://host:port`, with the path under which it is published, if there is one.
package struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
  package let scheme: String
  /// A name, or an address; an IPv6 address stands in brackets.
  package let host: String
  package let port: Int
  /// Empty, or absolute without a `/` at its end.
  package let path: String

  /// Reads an `http` or `https` URL; the scheme may be missing, and is `http` then, as in a kubeconfig. Nil for
  /// anything else, and for a URL that carries a user, a query or a fragment.
  package init?(_ text: String) {
    guard let url = curl_url() else { return nil }
    defer { curl_url_cleanup(url) }
    // By bytes: a combining mark behind the slashes makes another character of the last one.
    let withScheme = text.utf8.contains("://".utf8) ? text : "http://\(text)"
    guard curl_url_set(url, CURLUPART_URL, withScheme, 0) == CURLUE_OK else { return nil }
    func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
      var value: UnsafeMutablePointer<CChar>?
      guard curl_url_get(url, part, &value, UInt32(flags)) == CURLUE_OK, let value else { return nil }
      defer { curl_free(value) }
      return String(cString: value)
    }
    let unwanted = [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT]
    guard
      let scheme = part(CURLUPART_SCHEME), ["http", "https"].contains(scheme), let host = part(CURLUPART_HOST),
      let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT).flatMap({ Int($0) }), port > 0,
      unwanted.allSatisfy({ part($0) == nil }),
      // Decoded once already: what is still encoded is no host, and would become another one when it is read again.
      !host.utf8.contains(UInt8(ascii: "%"))
    else { return nil }
    self.scheme = scheme
    self.host = host
    self.port = port
    var path = part(CURLUPART_PATH) ?? ""
    while path.hasSuffix("/") { path.removeLast() }
    self.path = path
  }

  package var description: String { "\(scheme)://\(authority)\(path)" }

  /// `host:port`.
  var authority: String { "\(host):\(port)" }

  var isLoopback: Bool { host == "localhost" || host == "[::1]" || host.hasPrefix("127.") }

  /// The address with another host in it, for a certificate that was made out to that one.
  func url(asHost name: String?) -> String { "\(scheme)://\(name ?? host):\(port)\(path)" }
}

/// How the server is verified, and how the client identifies itself in the handshake.
package struct TLSSettings: Sendable, Hashable {
  /// A certificate and its private key, both PEM. Prints without them.
  package struct ClientIdentity: Sendable, Hashable, CustomStringConvertible {
    package var certificate: [UInt8]
    package var key: [UInt8]

    package init(certificate: [UInt8], key: [UInt8]) {
      self.certificate = certificate
      self.key = key
    }

    package var description: String { "a client certificate" }
  }

  /// The files that parts of it come from. They are replaced under way, so they are read again for each exchange; a
  /// connection that another exchange made with what stood in them before is not used any more.
  package struct Files: Sendable, Hashable {
    package var certificateAuthority: String?
    package var clientCertificate: String?
    package var clientKey: String?

    package init(certificateAuthority: String? = nil, clientCertificate: String? = nil, clientKey: String? = nil) {
      self.certificateAuthority = certificateAuthority
      self.clientCertificate = clientCertificate
      self.clientKey = clientKey
    }
  }

  /// PEM; nil trusts the system's authorities.
  package var certificateAuthority: [UInt8]?
  package var clientIdentity: ClientIdentity?
  /// The name in the server's certificate, where that is not the address's host.
  package var serverName: String?
  /// Accepts any certificate.
  package var skipsVerification: Bool
  /// What stands in these counts, once they are read again.
  package var files: Files

  package init(
    certificateAuthority: [UInt8]? = nil, clientIdentity: ClientIdentity? = nil, serverName: String? = nil,
    skipsVerification: Bool = false, files: Files = Files()
  ) {
    self.certificateAuthority = certificateAuthority
    self.clientIdentity = clientIdentity
    self.serverName = serverName
    self.skipsVerification = skipsVerification
    self.files = files
  }

  /// The same with what stands in its files now. Throws when one cannot be read.
  func reread() throws(CredentialsError) -> TLSSettings {
    var settings = self
    if let path = files.certificateAuthority { settings.certificateAuthority = try fileContents(path) }
    if let path = files.clientCertificate { settings.clientIdentity?.certificate = try fileContents(path) }
    if let path = files.clientKey { settings.clientIdentity?.key = try fileContents(path) }
    return settings
  }
}
