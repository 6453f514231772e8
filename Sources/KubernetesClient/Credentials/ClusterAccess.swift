/// Where the API server is, how to know it, and how to be known there.
package struct ClusterAccess: Sendable {
  package var server: ServerAddress
  package var tls: TLSSettings
  package var authorization: Authorization

  package init(server: ServerAddress, tls: TLSSettings = TLSSettings(), authorization: Authorization = .none) {
    self.server = server
    self.tls = tls
    self.authorization = authorization
  }

  /// Finds the credentials as Kubernetes' own tools do: the kubeconfig that is named, or that `$KUBECONFIG` names; in
  /// a pod the pod's ServiceAccount; else `~/.kube/config`.
  ///
  /// - Parameters:
  ///   - kubeconfig: a path; nil looks for one.
  ///   - context: a context of the kubeconfig; nil takes its current one.
  package static func find(
    kubeconfig: String?, context: String? = nil, environment: [String: String]
  ) throws(CredentialsError) -> ClusterAccess {
    if let kubeconfig { return try Kubeconfig.load([kubeconfig]).access(context: context) }
    let paths = environment["KUBECONFIG"]?.split(separator: ":").map(String.init) ?? []
    if !paths.isEmpty {
      // As with kubectl, a list may name files that are not there, but for all of them.
      let existing = paths.filter(fileExists)
      return try Kubeconfig.load(existing.isEmpty ? paths : existing).access(context: context)
    }
    if environment["KUBERNETES_SERVICE_HOST"] != nil {
      return try inCluster(environment: environment)
    }
    let home = environment["HOME"].map { "\($0)/.kube/config" }
    guard let home, fileExists(home) else {
      throw CredentialsError(
        home ?? "~/.kube/config", "no kubeconfig is there, and this is no pod of a cluster",
        advice: "name one with --kubeconfig or $KUBECONFIG")
    }
    return try Kubeconfig.load([home]).access(context: context)
  }

  /// The credentials of the pod's ServiceAccount.
  ///
  /// - Parameter folder: where the kubelet mounts them.
  package static func inCluster(
    environment: [String: String], folder: String = "/var/run/secrets/kubernetes.io/serviceaccount"
  ) throws(CredentialsError) -> ClusterAccess {
    let host = environment["KUBERNETES_SERVICE_HOST"] ?? ""
    let port = environment["KUBERNETES_SERVICE_PORT"] ?? "443"
    let bracketed = host.contains(":") ? "[\(host)]" : host
    guard !host.isEmpty, let server = ServerAddress("https://\(bracketed):\(port)") else {
      throw CredentialsError(
        "$KUBERNETES_SERVICE_HOST", "\(host.debugDescription) with port \(port.debugDescription) is no address",
        advice: "the kubelet sets both in every pod; outside of one, use --kubeconfig")
    }
    let token = "\(folder)/token"
    do {
      _ = try Authorization.tokenFile(token).headerValue()
      return ClusterAccess(
        server: server,
        tls: TLSSettings(
          certificateAuthority: try fileContents("\(folder)/ca.crt"),
          files: TLSSettings.Files(certificateAuthority: "\(folder)/ca.crt")),
        authorization: .tokenFile(token))
    } catch {
      throw CredentialsError(
        error.source, error.problem, advice: "does the pod have automountServiceAccountToken: false?")
    }
  }
}

/// What stands in the `Authorization` header. Prints without its secret.
package struct Authorization: Sendable, Hashable, CustomStringConvertible {
  private enum Source: Hashable {
    case none
    case token(String)
    case file(String)
  }

  private let source: Source

  /// None; a client certificate may say who is asking.
  package static let none = Authorization(source: .none)

  /// A bearer token that does not change.
  package static func token(_ token: String) -> Authorization { Authorization(source: .token(token)) }

  /// A bearer token in a file. Tokens of ServiceAccounts rotate, so the file is read for each request; it is small,
  /// and requests are few.
  package static func tokenFile(_ path: String) -> Authorization { Authorization(source: .file(path)) }

  /// Whether another token may stand there the next time.
  var isRenewed: Bool {
    if case .file = source { true } else { false }
  }

  package var description: String {
    switch source {
    case .none: "none"
    case .token: "a token"
    case .file(let path): "the token in \(path)"
    }
  }

  /// The header's value; nil for none. Throws when the token's file cannot be read or holds none.
  package func headerValue() throws(CredentialsError) -> String? {
    switch source {
    case .none: return nil
    case .token(let token): return "Bearer \(token)"
    case .file(let path):
      let contents = try fileContents(path, limit: 1024 * 1024)
      // Nothing below space: the token becomes part of a header line.
      let token = contents.drop { $0 <= UInt8(ascii: " ") }.prefix { $0 > UInt8(ascii: " ") }
      guard !token.isEmpty else { throw CredentialsError(path, "the file holds no token") }
      return "Bearer \(String(decoding: token, as: UTF8.self))"
    }
  }
}
