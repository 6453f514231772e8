import Crypto
import JSON
import KubernetesAPI
import Translator

/// The files that a pod's proxy starts with: a ConfigMap, mounted as one folder.
struct ConfigurationFiles {
  /// By name.
  let contents: [String: String]
  /// Changes where running proxies must be replaced. Not with the authorities: proxies read those again by themselves.
  let fingerprint: String

  static let folder = "/etc/envoy"
  static let bootstrap = "envoy.json"
  static let drain = "drain.json"
  static let tokenFolder = "/var/run/secrets/kgateway"
  static let tokenFile = "token"
  private static let authorities = "ca.crt"
  private static let tokenSecret = "sds-token.json"
  private static let authoritiesSecret = "sds-ca.json"

  init(of objects: ProxyObjects) throws {
    let settings = objects.settings
    var files: [String: String] = [:]
    var secrets = ControlPlaneConnection.SecretFiles()
    if settings.sendsToken {
      secrets.token = "\(Self.folder)/\(Self.tokenSecret)"
      files[Self.tokenSecret] = JSONText.encode(
        try SecretFile.token(at: "\(Self.tokenFolder)/\(Self.tokenFile)"))
    }
    var authorities: String?
    if case .tls(let pem) = settings.transport {
      authorities = String(decoding: pem, as: UTF8.self)
      secrets.authorities = "\(Self.folder)/\(Self.authoritiesSecret)"
      files[Self.authoritiesSecret] = JSONText.encode(
        try SecretFile.authorities(at: "\(Self.folder)/\(Self.authorities)", host: settings.xds.host))
    }
    let bootstrap = ProxyBootstrap(
      gateway: objects.id,
      // Until its first configuration has come a proxy has nothing to serve, and is not ready.
      connection: ControlPlaneConnection(address: settings.xds, files: secrets, initialFetchTimeout: 0),
      heap: objects.parameters.heap, stats: objects.parameters.merged.stats)
    files[Self.bootstrap] = JSONText.encode(try bootstrap.document())
    if objects.parameters.drainSeconds > 0 {
      files[Self.drain] = JSONText.encode(DrainBootstrap.document(seconds: objects.parameters.drainSeconds))
    }
    fingerprint = Self.fingerprint(of: files)
    files[Self.authorities] = authorities
    contents = files
  }

  /// Sixteen hexadecimal digits of SHA-256.
  private static func fingerprint(of files: [String: String]) -> String {
    var hash = SHA256()
    for (name, content) in files.sorted(by: { $0.key < $1.key }) {
      hash.update(data: Array("\(name)\n\(content.utf8.count)\n\(content)".utf8))
    }
    return hash.finalize().hexadecimal(bytes: 8)
  }
}
