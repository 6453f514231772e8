import ArgumentParser
import KubernetesAPI
import KubernetesClient
import Logging
import ServingCertificates
import Translator

/// What xDS is served over TLS with: a certificate that the leader makes and keeps in a Secret, or one in files.
struct ServingCertificateOptions: ParsableArguments {
  @Option(
    name: .customLong("xds-tls-secret"),
    help: ArgumentHelp(
      "The Secret with the xDS server's certificate, in the operator's own namespace.",
      discussion: """
        The leader makes an authority and a certificate, keeps them there, and renews both in time; every replica \
        serves with it. One that is there already and is not labelled as kgateway's own, such as cert-manager's, is \
        used and never written (tls.crt, tls.key, ca.crt). Default: \(Self.defaultSecret). The namespace is \
        $POD_NAMESPACE, else \(OperatorNamespace.standard).
        """, valueName: "name"))
  var xdsTLSSecret: String?

  @Option(
    name: .customLong("xds-tls-certificate"),
    help: ArgumentHelp(
      "The xDS server's certificate in a file, instead of a Secret; PEM, its issuers behind it.",
      discussion: "Files are read again when they change, as a mounted Secret does.", valueName: "path"))
  var xdsTLSCertificate: String?

  @Option(
    name: .customLong("xds-tls-key"), help: ArgumentHelp("The key of that certificate; PEM.", valueName: "path"))
  var xdsTLSKey: String?

  @Option(
    name: .customLong("xds-tls-ca"),
    help: ArgumentHelp("The authorities by which proxies know that certificate; PEM.", valueName: "path"))
  var xdsTLSCA: String?

  @Option(
    help: ArgumentHelp(
      "Where proxies connect, and what the certificate is for.",
      discussion: "Default: kgateway.NAMESPACE.svc:\(Self.defaultPort), in the operator's own namespace.",
      valueName: "host:port"))
  var xdsService: XDSServiceArgument?

  private static let defaultSecret = "kgateway-xds"
  private static let defaultPort = 9977

  func validate() throws {
    let given = files.filter { $0.path != nil }.map(\.flag)
    if let first = given.first, let missing = files.first(where: { $0.path == nil }) {
      throw ValidationError(
        "\(first): needs \(missing.flag) as well; certificate, key and authorities are given together")
    }
    for (flag, path) in files where path?.isEmpty == true {
      throw ValidationError("\(flag) \"\": expected the path of a file")
    }
    if let first = given.first, xdsTLSSecret != nil {
      throw ValidationError("\(first): the certificate is in files or in a Secret (--xds-tls-secret); remove one")
    }
    if let name = xdsTLSSecret, !Self.isObjectName(name) {
      throw ValidationError(
        "--xds-tls-secret \"\(name)\": expected the name of a Secret: lower-case letters, digits, '-' and '.'")
    }
  }

  /// The first flag that says where the certificate is.
  var firstGiven: String? {
    files.first { $0.path != nil }?.flag ?? xdsTLSSecret.map { _ in "--xds-tls-secret" }
  }

  /// Where proxies connect.
  var service: HostPort {
    xdsService?.address ?? HostPort(host: "kgateway.\(OperatorNamespace.own).svc", port: Self.defaultPort)
  }

  /// Where the certificate comes from.
  ///
  /// - Parameter client: watches the Secret, and writes it while this process leads.
  /// - Throws: ``IdentityFault`` if the files hold nothing to serve with.
  func source(
    client: KubernetesClient, leadership: Leadership, logger: Logger
  ) async throws -> any ServingIdentitySource {
    let names = ServerNames(host: service.host)
    guard let xdsTLSCertificate, let xdsTLSKey, let xdsTLSCA else {
      let secret = NamespacedName(namespace: OperatorNamespace.own, name: xdsTLSSecret ?? Self.defaultSecret)
      return SecretIdentitySource(
        client: client, leadership: leadership,
        settings: .init(secret: secret, rotation: CertificateRotation(names: names)), logger: logger)
    }
    let source = FileIdentitySource(
      paths: .init(certificate: xdsTLSCertificate, key: xdsTLSKey, authorities: xdsTLSCA), names: names, logger: logger)
    try await source.load()
    return source
  }

  private var files: [(flag: String, path: String?)] {
    [
      ("--xds-tls-certificate", xdsTLSCertificate), ("--xds-tls-key", xdsTLSKey), ("--xds-tls-ca", xdsTLSCA),
    ]
  }

  private static func isObjectName(_ name: String) -> Bool {
    name.utf8.count <= 253 && name.wholeMatch(of: XDSServiceArgument.dnsName) != nil
  }
}

/// `HOST:PORT` where HOST is a name of DNS or an IP address, which a certificate can be for.
struct XDSServiceArgument: ExpressibleByArgument, CustomStringConvertible {
  let address: HostPort
  let description: String

  /// As Kubernetes has it (RFC 1123).
  static var dnsName: Regex<Substring> {
    /[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*/
  }

  init?(argument: String) {
    guard let address = HostPort(argument), address.port > 0 else { return nil }
    let host = address.host.lowercased()
    guard host.utf8.count <= 253,
      host.wholeMatch(of: Self.dnsName) != nil || !ServerNames(host: host).addresses.isEmpty
    else { return nil }
    self.address = address
    description = argument
  }
}
