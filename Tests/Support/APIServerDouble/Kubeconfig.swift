import FoundationEssentials

extension APIServerDouble {
  /// How a client says who it is.
  package enum Credentials: Sendable {
    /// The administrator, by the configuration's token.
    case token
    /// By a token that the double issued.
    case bearer(String)
    /// The administrator. PEM; only over TLS.
    case certificate(String, key: String)
  }

  /// A kubeconfig for the double. It is JSON, which every reader of YAML takes.
  ///
  /// - Parameter authority: PEM of the authority that signed the server's certificate; nil: the double's own test
  ///   authority where it speaks TLS.
  /// - Parameter port: of something on this machine that relays to the double; nil: the double's own.
  package func kubeconfig(
    authority: String? = nil, credentials: Credentials = .token, port: Int? = nil
  ) -> String {
    var cluster: JSONValue = ["server": .string(url(port: port ?? self.port))]
    if configuration.tls != nil {
      cluster["certificate-authority-data"] = Self.base64(authority ?? TestCertificates.authority)
    }
    let user: JSONValue =
      switch credentials {
      case .token: ["token": .string(configuration.token)]
      case .bearer(let token): ["token": .string(token)]
      case .certificate(let certificate, let key):
        ["client-certificate-data": Self.base64(certificate), "client-key-data": Self.base64(key)]
      }
    let document: JSONValue = [
      "apiVersion": "v1", "kind": "Config", "current-context": "double",
      "clusters": [["name": "double", "cluster": cluster]],
      "users": [["name": "administrator", "user": user]],
      "contexts": [["name": "double", "context": ["cluster": "double", "user": "administrator"]]],
    ]
    return document.jsonText
  }

  /// Writes the kubeconfig to a file.
  package func writeKubeconfig(
    to path: String, authority: String? = nil, credentials: Credentials = .token, port: Int? = nil
  ) throws {
    let text = kubeconfig(authority: authority, credentials: credentials, port: port)
    try Data(text.utf8).write(to: URL(filePath: path, directoryHint: .notDirectory))
  }

  private static func base64(_ text: String) -> JSONValue { .string(Data(text.utf8).base64EncodedString()) }
}
