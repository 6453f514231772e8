import FoundationEssentials

/// A kubeconfig, or several merged: what of it says how to reach a cluster.
struct Kubeconfig: Sendable {
  /// An entry of one of its lists, and the file that it came from.
  struct Named<Value: Sendable>: Sendable {
    var name = ""
    var value: Value
    var file = ""
  }

  struct Cluster: Sendable {
    var server = ""
    var certificateAuthority = Material()
    var skipsVerification = false
    var serverName = ""
    var proxyURL = ""
  }

  struct User: Sendable {
    var token = ""
    var tokenFile = ""
    var clientCertificate = Material()
    var clientKey = Material()
    /// Ways to authenticate that the entry asks for, and that are not supported.
    var unsupported: [String] = []
  }

  struct Context: Sendable {
    var cluster = ""
    var user = ""
  }

  /// Something that is given as a file or, which wins, in the kubeconfig itself, in base64.
  struct Material: Sendable {
    var file = ""
    var data = ""
  }

  var clusters: [Named<Cluster>] = []
  var users: [Named<User>] = []
  var contexts: [Named<Context>] = []
  var currentContext = ""
  /// The files, for messages.
  var files: [String] = []

  /// Reads the files; of entries with the same name the first counts, as with kubectl.
  static func load(_ paths: [String]) throws(CredentialsError) -> Kubeconfig {
    var merged = Kubeconfig()
    for path in paths {
      let one = try Kubeconfig(yaml: fileContents(path), file: path)
      merged.clusters += one.clusters
      merged.users += one.users
      merged.contexts += one.contexts
      if merged.currentContext.isEmpty { merged.currentContext = one.currentContext }
      merged.files.append(path)
    }
    return merged
  }

  /// What the context, or the current one, says. Reads the files that it names.
  func access(context wanted: String?) throws(CredentialsError) -> ClusterAccess {
    let context = try context(wanted)
    let cluster = try entry(context.value.cluster, in: clusters, named: "cluster", of: context)
    guard let server = ServerAddress(cluster.value.server) else {
      throw CredentialsError(
        cluster.file, "cluster \(cluster.name.debugDescription): server is no http or https address",
        advice: "write it as https://HOST:PORT")
    }
    guard cluster.value.proxyURL.isEmpty else {
      throw CredentialsError(
        cluster.file, "cluster \(cluster.name.debugDescription): proxy-url is not supported",
        advice: "set HTTPS_PROXY in the environment")
    }
    var access = ClusterAccess(server: server)
    access.tls.certificateAuthority = try bytes(
      cluster.value.certificateAuthority, "certificate-authority", of: "cluster", cluster)
    access.tls.files.certificateAuthority = path(cluster.value.certificateAuthority, in: cluster.file)
    access.tls.skipsVerification = cluster.value.skipsVerification
    access.tls.serverName = cluster.value.serverName.isEmpty ? nil : cluster.value.serverName
    // A context without a user is anonymous.
    guard !context.value.user.isEmpty else { return access }
    let user = try entry(context.value.user, in: users, named: "user", of: context)
    access.authorization = try authorization(user)
    access.tls.clientIdentity = try clientIdentity(user)
    access.tls.files.clientCertificate = path(user.value.clientCertificate, in: user.file)
    access.tls.files.clientKey = path(user.value.clientKey, in: user.file)
    return access
  }

  private func context(_ wanted: String?) throws(CredentialsError) -> Named<Context> {
    let name = wanted ?? currentContext
    let source = files.joined(separator: ":")
    let choices = contexts.isEmpty ? "there are no contexts in it" : contexts.map(\.name).joined(separator: ", ")
    guard !name.isEmpty else {
      throw CredentialsError(source, "current-context is not set", advice: "choose one with --context: \(choices)")
    }
    guard let context = contexts.first(where: { $0.name == name }) else {
      throw CredentialsError(
        source, "context \(name.debugDescription) is not defined", advice: "choose one with --context: \(choices)")
    }
    return context
  }

  private func entry<Value>(
    _ name: String, in entries: [Named<Value>], named kind: String, of context: Named<Context>
  ) throws(CredentialsError) -> Named<Value> {
    if let entry = entries.first(where: { $0.name == name }) { return entry }
    let what = name.isEmpty ? "names no \(kind)" : "names the \(kind) \(name.debugDescription), which is not defined"
    throw CredentialsError(
      context.file, "context \(context.name.debugDescription) \(what)",
      advice: entries.isEmpty ? "there is no \(kind)" : "there is \(entries.map(\.name).joined(separator: ", "))")
  }

  private func authorization(_ user: Named<User>) throws(CredentialsError) -> Authorization {
    if let way = user.value.unsupported.first {
      throw CredentialsError(
        user.file, "user \(user.name.debugDescription): \(way) is not supported",
        advice: "use a token, a tokenFile or a client certificate; `kubectl create token` makes a token")
    }
    // The file first, as kubectl has it: it is the one that is kept up to date.
    if !user.value.tokenFile.isEmpty {
      let authorization = Authorization.tokenFile(resolve(user.value.tokenFile, in: folder(of: user.file)))
      _ = try authorization.headerValue()
      return authorization
    }
    let token = user.value.token
    guard !token.isEmpty else { return .none }
    guard token.utf8.allSatisfy({ $0 > UInt8(ascii: " ") && $0 < 127 }) else {
      throw CredentialsError(
        user.file, "user \(user.name.debugDescription): token holds a character that no token has",
        advice: "write it on one line, without spaces")
    }
    return .token(token)
  }

  private func clientIdentity(_ user: Named<User>) throws(CredentialsError) -> TLSSettings.ClientIdentity? {
    let certificate = try bytes(user.value.clientCertificate, "client-certificate", of: "user", user)
    let key = try bytes(user.value.clientKey, "client-key", of: "user", user)
    switch (certificate, key) {
    case (let certificate?, let key?): return TLSSettings.ClientIdentity(certificate: certificate, key: key)
    case (nil, nil): return nil
    case (_?, nil), (nil, _?):
      let missing = key == nil ? "client-key" : "client-certificate"
      throw CredentialsError(
        user.file, "user \(user.name.debugDescription): \(missing) is missing",
        advice: "a client certificate needs its key; set \(missing) or \(missing)-data")
    }
  }

  /// The file that a material is in; nil where it stands in the kubeconfig itself, or there is none.
  private func path(_ material: Material, in file: String) -> String? {
    material.data.isEmpty && !material.file.isEmpty ? resolve(material.file, in: folder(of: file)) : nil
  }

  private func bytes<Value>(
    _ material: Material, _ field: String, of kind: String, _ entry: Named<Value>
  ) throws(CredentialsError) -> [UInt8]? {
    if !material.data.isEmpty {
      guard let data = Data(base64Encoded: material.data, options: .ignoreUnknownCharacters), !data.isEmpty else {
        throw CredentialsError(entry.file, "\(kind) \(entry.name.debugDescription): \(field)-data is not base64")
      }
      return Array(data)
    }
    guard !material.file.isEmpty else { return nil }
    let path = resolve(material.file, in: folder(of: entry.file))
    do {
      return try fileContents(path)
    } catch {
      throw CredentialsError(
        path, error.problem, advice: "named as \(field) by \(kind) \(entry.name.debugDescription) in \(entry.file)")
    }
  }
}
