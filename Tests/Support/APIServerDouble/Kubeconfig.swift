import FoundationEssentials

extension APIServerDouble {
  /// How the administrator proves to be one.
  package enum Credentials: Sendable {
    /// The configuration's token.
    case token
    /// PEM. Only over TLS.
    case certificate(String, key: String)
  }

  /// A kubeconfig for the double. It is JSON, which every reader of YAML takes.
  ///
  /// - Parameter authority: PEM of the authority that signed the server's certificate; nil: the double's own test
  ///   authority where it speaks TLS.
  package func kubeconfig(authority: String? = nil, credentials: Credentials = .token) -> String {
    var cluster: JSONValue = ["server": .string(url)]
    if configuration.tls != nil {
      cluster["certificate-authority-data"] = Self.base64(authority ?? TestCertificates.authority)
    }
    let user: JSONValue =
      switch credentials {
      case .token: ["token": .string(configuration.token)]
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
    to path: String, authority: String? = nil, credentials: Credentials = .token
  ) throws {
    let text = kubeconfig(authority: authority, credentials: credentials)
    try Data(text.utf8).write(to: URL(filePath: path, directoryHint: .notDirectory))
  }

  private static func base64(_ text: String) -> JSONValue { .string(Data(text.utf8).base64EncodedString()) }
}
