import APIServerDouble
import RealComponents

/// An API server double, with a kubeconfig for it and a kubectl that uses it.
struct KubernetesCluster {
  let apiServer: APIServerDouble
  let folder: TemporaryFolder

  /// The path of a kubeconfig with the administrator's credentials.
  var kubeconfig: String { folder.path("kubeconfig") }

  /// Runs a cluster, which speaks TLS, for the time of the body.
  ///
  /// - Parameter offersHTTP2: false where the API server is made to go away.
  static func withRunning<Result>(
    offersHTTP2: Bool = true, _ configure: (inout APIServerDouble.Configuration) -> Void = { _ in },
    _ body: (KubernetesCluster) async throws -> Result
  ) async throws -> Result {
    var configuration = APIServerDouble.Configuration()
    configuration.tls = .test
    configuration.tls?.offersHTTP2 = offersHTTP2
    configuration.namespaces.append(Objects.namespace)
    configure(&configuration)
    return try await withTemporaryFolder { folder in
      try await APIServerDouble.withRunning(configuration) { apiServer in
        let cluster = KubernetesCluster(apiServer: apiServer, folder: folder)
        try await apiServer.writeKubeconfig(to: cluster.kubeconfig)
        return try await body(cluster)
      }
    }
  }

  // MARK: Through kubectl

  /// Runs kubectl, which has to succeed.
  ///
  /// - Returns: its standard output.
  @discardableResult
  func kubectl(_ arguments: [String], input: String = "") async throws -> String {
    // The folder as its home keeps what kubectl remembers of an API server to this one.
    let settings = ProcessSettings(environment: ["HOME": folder.path], standardInput: input)
    return try await outputOfCommand(
      RealComponent.kubectl.path(), ["--kubeconfig", kubeconfig] + arguments, settings: settings,
      deadline: .seconds(60))
  }

  /// `kubectl apply` of documents, in YAML or JSON.
  func apply(_ documents: String) async throws {
    try await kubectl(["apply", "-f", "-"], input: documents)
  }

  /// An object as `kubectl get -o json` shows it.
  func get(_ kind: String, _ name: String) async throws -> JSONValue {
    let text = try await kubectl(["get", kind, name, "-n", Objects.namespace, "-o", "json"])
    guard let object = JSONValue(json: text) else { throw UnreadableAnswer(text: text) }
    return object
  }

  // MARK: Directly

  /// Stores objects without a request.
  func put(_ objects: [JSONValue]) async throws {
    for object in objects { try await apiServer.put(object) }
  }

  /// A policy as it is stored now.
  func policy(_ name: String) async -> JSONValue? { await object("httplistenerpolicies", Objects.policyGroup, name) }

  /// A route as it is stored now.
  func route(_ name: String) async -> JSONValue? { await object("httproutes", Objects.gatewayGroup, name) }

  /// A Gateway as it is stored now.
  func gateway(_ name: String = Objects.gatewayName) async -> JSONValue? {
    await object("gateways", Objects.gatewayGroup, name)
  }

  private func object(_ plural: String, _ group: String, _ name: String) async -> JSONValue? {
    await apiServer.object(plural, group: group, namespace: Objects.namespace, name: name)
  }

  /// What the operator wrote so far: path and body of each status that it applied.
  var statusWrites: [RecordedRequest] {
    get async { await apiServer.requests.filter { $0.method == "PATCH" && $0.path.hasSuffix("/status") } }
  }
}

/// kubectl wrote something that is not the JSON that was asked for.
struct UnreadableAnswer: Error {
  let text: String
}
