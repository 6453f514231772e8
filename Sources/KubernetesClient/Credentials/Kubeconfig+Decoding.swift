import JSON
import YAML

extension Kubeconfig {
  init(yaml: [UInt8], file: String) throws(CredentialsError) {
    self.init()
    let documents: [YAMLDocument]
    do {
      documents = try YAML.documents(in: yaml)
    } catch {
      throw CredentialsError("\(file):\(error.position)", error.message, advice: "is it a kubeconfig?")
    }
    for document in documents {
      var reader = JSONReader(document.json)
      do {
        try read(&reader)
      } catch {
        // The value is not told: it may be a secret.
        let advice = error.expected == .string && error.found != .object && error.found != .array ? "quote it" : ""
        throw CredentialsError(
          "\(file):\(document.position(ofPath: error.path))", error.description, advice: advice)
      }
    }
    for index in clusters.indices { clusters[index].file = file }
    for index in users.indices { users[index].file = file }
    for index in contexts.indices { contexts[index].file = file }
    files = [file]
  }

  private mutating func read(_ reader: inout JSONReader) throws(JSONError) {
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "current-context": currentContext = try reader.readText()
      case "clusters": clusters = try reader.readNamed("cluster", Cluster.init)
      case "users": users = try reader.readNamed("user", User.init)
      case "contexts": contexts = try reader.readNamed("context", Context.init)
      default: try reader.skipValue()
      }
    }
  }
}

extension Kubeconfig.Cluster {
  fileprivate init(from reader: inout JSONReader) throws(JSONError) {
    var cluster = Kubeconfig.Cluster()
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "server": cluster.server = try reader.readText()
      case "certificate-authority": cluster.certificateAuthority.file = try reader.readText()
      case "certificate-authority-data": cluster.certificateAuthority.data = try reader.readText()
      case "insecure-skip-tls-verify": cluster.skipsVerification = try reader.readBool()
      case "tls-server-name": cluster.serverName = try reader.readText()
      case "proxy-url": cluster.proxyURL = try reader.readText()
      default: try reader.skipValue()
      }
    }
    self = cluster
  }
}

extension Kubeconfig.User {
  fileprivate init(from reader: inout JSONReader) throws(JSONError) {
    var user = Kubeconfig.User()
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "token": user.token = try reader.readText()
      case "tokenFile": user.tokenFile = try reader.readText()
      case "client-certificate": user.clientCertificate.file = try reader.readText()
      case "client-certificate-data": user.clientCertificate.data = try reader.readText()
      case "client-key": user.clientKey.file = try reader.readText()
      case "client-key-data": user.clientKey.data = try reader.readText()
      case "exec": try user.refuse("exec (a credential plugin)", &reader)
      case "auth-provider": try user.refuse("auth-provider", &reader)
      case "username", "password": try user.refuse("a username with a password", &reader)
      case "as", "as-uid", "as-groups", "as-user-extra": try user.refuse("impersonation (\(key.string))", &reader)
      default: try reader.skipValue()
      }
    }
    self = user
  }

  private mutating func refuse(_ way: String, _ reader: inout JSONReader) throws(JSONError) {
    if try reader.readNull() { return }
    try reader.skipValue()
    unsupported.append(way)
  }
}

extension Kubeconfig.Context {
  fileprivate init(from reader: inout JSONReader) throws(JSONError) {
    var context = Kubeconfig.Context()
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "cluster": context.cluster = try reader.readText()
      case "user": context.user = try reader.readText()
      default: try reader.skipValue()
      }
    }
    self = context
  }
}

extension JSONReader {
  /// A string; empty for null.
  fileprivate mutating func readText() throws(JSONError) -> String {
    try readNull() ? "" : readString()
  }

  /// A list of `{"name": ..., FIELD: {...}}`.
  fileprivate mutating func readNamed<Value>(
    _ field: String, _ decode: (inout JSONReader) throws(JSONError) -> Value
  ) throws(JSONError) -> [Kubeconfig.Named<Value>] {
    if try readNull() { return [] }
    var entries: [Kubeconfig.Named<Value>] = []
    try readArray { reader, _ throws(JSONError) in
      var name = ""
      var value: Value?
      try reader.readObject { reader, key throws(JSONError) in
        if key == "name" {
          name = try reader.readText()
        } else if key.string == field {
          value = try decode(&reader)
        } else {
          try reader.skipValue()
        }
      }
      if let value { entries.append(Kubeconfig.Named(name: name, value: value)) }
    }
    return entries
  }
}
