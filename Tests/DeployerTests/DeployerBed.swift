import APIServerDouble
import Deployer
import KubernetesAPI
import KubernetesClient
import Logging
import PrometheusMetrics
import RealComponents
import Synchronization
import Translator
import WorkQueues

/// An API server double with Gateways in it, and deployers at work there.
final class DeployerBed: Sendable {
  let server: APIServerDouble
  let client: KubernetesClient
  private let state = Mutex(State())

  private struct State {
    var intents: [NamespacedName: DeploymentIntent] = [:]
    var identities: [String: GatewayIdentity] = [:]
  }

  private init(_ server: APIServerDouble, _ client: KubernetesClient) {
    self.server = server
    self.client = client
  }

  static func withRunning(_ body: (DeployerBed) async throws -> Void) async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.namespaces.append("shop")
    try await withTemporaryFolder { folder in
      try await APIServerDouble.withRunning(configuration) { server in
        try await server.writeKubeconfig(to: folder.path("config"))
        let access = try ClusterAccess.find(kubeconfig: folder.path("config"), environment: [:])
        let client = try KubernetesClient(access, userAgent: "kgateway/test")
        do {
          try await body(DeployerBed(server, client))
        } catch {
          await client.shutdown()
          throw error
        }
        await client.shutdown()
      }
    }
  }

  // MARK: Gateways

  /// Makes a Gateway that is to run on these objects.
  func addGateway(_ name: String = "web", _ wish: Documents.Wish = .init()) async throws {
    let gateway = try await server.put([
      "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
      "metadata": ["name": .string(name), "namespace": "shop"],
      "spec": ["gatewayClassName": "kgateway", "listeners": [["name": "http", "protocol": "HTTP", "port": 80]]],
    ])
    let uid = gateway[["metadata", "uid"]]?.stringValue ?? ""
    state.withLock { $0.identities[name] = GatewayIdentity(Self.id(name), uid: uid) }
    want(wish, of: name)
  }

  func identity(_ name: String = "web") -> GatewayIdentity {
    state.withLock { $0.identities[name] } ?? GatewayIdentity(Self.id(name), uid: "")
  }

  func want(_ wish: Documents.Wish, of name: String = "web") {
    set(.deploy(identity(name), Documents.objects(of: name, wish)), of: name)
  }

  func set(_ intent: DeploymentIntent, of name: String = "web") {
    state.withLock { $0.intents[Self.id(name)] = intent }
  }

  func intent(of gateway: NamespacedName) -> DeploymentIntent { state.withLock { $0.intents[gateway] } ?? .ignore }

  var gateways: Set<NamespacedName> { state.withLock { Set($0.intents.keys) } }

  static func id(_ name: String) -> NamespacedName { NamespacedName(namespace: "shop", name: name) }

  // MARK: Objects

  func object(_ kind: ManagedKind, _ name: String = "web") async -> JSONValue? {
    await server.object(kind.resource.plural, group: kind.resource.group, namespace: "shop", name: name)
  }

  func isThere(_ kinds: [ManagedKind], _ name: String = "web") async -> Bool {
    for kind in kinds where await object(kind, name) == nil { return false }
    return true
  }

  static let always: [ManagedKind] = [.serviceAccount, .configMap, .service, .deployment]

  /// As another program changes an object: it takes over the fields that it sets.
  func apply(_ kind: ManagedKind, _ document: JSONValue, as manager: String = "somebody") async throws {
    var document = document
    document["apiVersion"] = .string(kind.resource.apiVersion)
    document["kind"] = .string(kind.resource.kind)
    document[["metadata", "name"]] = "web"
    document[["metadata", "namespace"]] = "shop"
    try await client.apply(kind.resource, Self.id("web"), object: Array(document.jsonText.utf8), manager: manager)
  }

  /// As a controller writes a Deployment's status.
  func setStatus(availableReplicas: Int64) async throws {
    let document: JSONValue = [
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web", "namespace": "shop"],
      "status": ["availableReplicas": .integer(availableReplicas)],
    ]
    try await client.applyStatus(
      ManagedKind.deployment.resource, Self.id("web"), object: Array(document.jsonText.utf8), manager: "controller")
  }

  // MARK: Requests

  /// What was asked of the API server since the last `forgetRequests`, beside lists and watches.
  var requests: [String] {
    get async {
      await server.requests.filter { request in
        !request.isWatch
          && !(request.method == "GET"
            && ManagedKind.allCases.contains { kind in
              request.path.split(separator: "/").last.map(String.init) == kind.resource.plural
            })
      }.map { "\($0.method) \($0.path.split(separator: "/").suffix(2).joined(separator: "/"))" }
    }
  }

  /// Waits until no request came for a while.
  func settle() async throws {
    var count = -1
    while true {
      let now = await server.requests.count
      if now == count { return }
      count = now
      try await Task.sleep(for: .milliseconds(400))
    }
  }
}

/// One deployer of a bed.
final class RunningDeployer: Sendable {
  let deployer: Deployer
  let metrics = ControlPlaneMetrics(
    build: BuildInformation(version: "0", commit: "0", swiftVersion: "0", envoyVersion: "0"))
  private let recorded = Mutex<[NamespacedName: DeploymentReport]>([:])

  private init(_ bed: DeployerBed, _ leadership: Leadership) {
    deployer = Deployer(
      client: bed.client, leadership: leadership, metrics: metrics,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      queue: .init(
        quietPeriod: .milliseconds(5), maximumDelay: .milliseconds(50), firstRetry: .milliseconds(50),
        maximumRetry: .milliseconds(500)))
  }

  static func withRunning(
    in bed: DeployerBed, leadership: Leadership = .alone, _ body: (RunningDeployer) async throws -> Void
  ) async throws {
    let running = RunningDeployer(bed, leadership)
    try await withThrowingTaskGroup { group in
      group.addTask {
        await running.deployer.run {
          bed.intent(of: $0)
        } report: { gateway, report in
          running.recorded.withLock { $0[gateway] = report }
        }
      }
      await running.deployer.deploymentChanged(of: bed.gateways)
      try await body(running)
      group.cancelAll()
    }
  }

  /// What was told last of a Gateway.
  func report(_ name: String = "web") -> DeploymentReport? { recorded.withLock { $0[DeployerBed.id(name)] } }

  func look(at names: String...) async { await deployer.deploymentChanged(of: Set(names.map(DeployerBed.id))) }
}
