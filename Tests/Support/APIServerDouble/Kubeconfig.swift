import FoundationEssentials

extension APIServerDouble {
  /// A kubeconfig for the administrator, by token. It is JSON, which every reader of YAML takes.
  ///
  /// - Parameter authority: PEM of the authority that signed the server's certificate; nil where it is plain HTTP.
  package func kubeconfig(authority: String? = nil) -> String {
    var cluster: JSONValue = ["server": .string(url)]
    if let authority {
      cluster["certificate-authority-data"] = .string(Data(authority.utf8).base64EncodedString())
    }
    let document: JSONValue = [
      "apiVersion": "v1", "kind": "Config", "current-context": "double",
      "clusters": [["name": "double", "cluster": cluster]],
      "users": [["name": "administrator", "user": ["token": .string(configuration.token)]]],
      "contexts": [["name": "double", "context": ["cluster": "double", "user": "administrator"]]],
    ]
    return document.jsonText
  }

  /// Writes the kubeconfig to a file.
  package func writeKubeconfig(to path: String, authority: String? = nil) throws {
    try Data(kubeconfig(authority: authority).utf8).write(to: URL(filePath: path))
  }
}
