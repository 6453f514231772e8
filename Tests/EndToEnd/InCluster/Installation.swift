import APIServerDouble
import KubeletDouble
import RealComponents
import Synchronization

/// Both charts installed by the real helm into an API server double that holds ServiceAccounts to their roles, with a
/// kubelet that runs what the Deployments say: two replicas of the operator, and the real Envoy for each Gateway.
struct Installation {
  /// How the preStop hooks of pods ended.
  final class Hooks: Sendable {
    private let ended = Mutex<[(pod: String, status: ExitStatus?)]>([])

    /// Those of pods whose names begin so.
    func results(of prefix: String) -> [ExitStatus?] {
      ended.withLock { $0.filter { $0.pod.hasPrefix(prefix) }.map(\.status) }
    }

    fileprivate func note(_ pod: Pod, _ result: CommandResult?) {
      ended.withLock { $0.append((pod.name, result?.status)) }
    }
  }

  /// Of the operator's Deployment, Service and ServiceAccount.
  static let name = "kgateway"

  let cluster: KubernetesCluster
  let kubelet: KubeletDouble
  let hooks: Hooks
  /// Where proxies reach the operator: the port of a relay, as the Service of a cluster.
  let xdsPort: Int

  /// Runs an installation for the time of the body, which begins when both replicas are ready.
  ///
  /// - Parameter hosts: names that its pods resolve, with their addresses.
  static func withRunning(
    hosts: [String: String] = [:], _ body: (Installation) async throws -> Void
  ) async throws {
    try await KubernetesCluster.withRunning {
      $0.authorizesServiceAccounts = true
    } _: { cluster in
      let hooks = Hooks()
      let kubeconfig = cluster.folder.path("kubeconfig-of-the-operator")
      var settings = KubeletDouble.Settings { image, _ in
        image.hasPrefix("kgateway")
          ? .init(path: try BuiltProduct.path("kgateway"), extraArguments: ["--kubeconfig", kubeconfig])
          : .init(path: try RealComponent.envoy.path())
      }
      settings.onPreStop = { hooks.note($0, $1) }
      settings.hosts = hosts
      try await KubeletDouble.withRunning(cluster.apiServer, folder: cluster.folder, settings) { kubelet in
        try await ServiceRelay.withRunning(to: name, in: Objects.namespace, port: 9977, of: kubelet) { xds in
          let installation = Installation(cluster: cluster, kubelet: kubelet, hooks: hooks, xdsPort: xds.port)
          try await installation.install(kubeconfig)
          try await body(installation)
        }
      }
    }
  }

  private func install(_ kubeconfig: String) async throws {
    try await helm(["upgrade", "--install", "kgateway-crds", PackageRoot.path("charts/kgateway-crds")])
    try await upgrade(["--install"])
    let token = try await cluster.apiServer.issueToken(
      namespace: Objects.namespace, serviceAccount: Self.name,
      audience: "https://kubernetes.default.svc.cluster.local", seconds: 3600)
    try await cluster.apiServer.writeKubeconfig(to: kubeconfig, credentials: .bearer(token))
    try await waitForOperator()
  }

  // MARK: Helm

  /// `helm upgrade` of the operator's chart.
  func upgrade(_ arguments: [String] = []) async throws {
    try await helm(
      [
        "upgrade", "kgateway", PackageRoot.path("charts/kgateway"), "--set",
        "extraArgs={--xds-service=localhost:\(xdsPort)}",
      ]
        + arguments)
  }

  @discardableResult
  func helm(_ arguments: [String]) async throws -> String {
    try await outputOfCommand(
      RealComponent.helm.path(),
      arguments + ["--namespace", Objects.namespace, "--kubeconfig", cluster.kubeconfig],
      settings: ProcessSettings(environment: ["HOME": cluster.folder.path]), deadline: .seconds(60))
  }

  // MARK: The operator

  /// The pods of the operator that are not about to end.
  var operators: [Pod] {
    get async { await kubelet.pods(of: Self.name, in: Objects.namespace).filter { !$0.isTerminating } }
  }

  /// Waits for two replicas that are ready, and returns them.
  @discardableResult
  func waitForOperator(otherThan old: [Pod] = []) async throws -> [Pod] {
    let names = Set(old.map(\.name))
    do {
      return try await eventuallyValue("two replicas of the operator are ready", within: .seconds(90)) {
        let pods = await operators.filter { !names.contains($0.name) }
        return pods.count == 2 && pods.allSatisfy(\.isReady) ? pods : nil
      }
    } catch {
      throw Trouble(description: "\(error)\n\(await operators.map(\.log).joined(separator: "\n--\n"))")
    }
  }

  /// The sum of a metric's samples over the replicas that are there.
  func metric(_ name: String, _ label: String = "") async throws -> Double {
    var sum = 0.0
    for pod in await operators { sum += try await pod.sample(name, label, port: 9092) }
    return sum
  }

  // MARK: Gateways

  /// The pods of a Gateway's proxies that are not about to end.
  func proxies(of gateway: String = Objects.gatewayName) async -> [Pod] {
    await kubelet.pods(of: gateway, in: Objects.namespace).filter { !$0.isTerminating }
  }

  /// Waits for so many proxies that are ready, and returns them.
  @discardableResult
  func waitForProxies(
    _ count: Int = 1, of gateway: String = Objects.gatewayName, otherThan old: [Pod] = []
  ) async throws -> [Pod] {
    let names = Set(old.map(\.name))
    do {
      return try await eventuallyValue("\(count) proxies of \(gateway) are ready", within: .seconds(60)) {
        let pods = await proxies(of: gateway).filter { !names.contains($0.name) }
        return pods.count == count && pods.allSatisfy(\.isReady) ? pods : nil
      }
    } catch {
      let logs = await (proxies(of: gateway) + operators).map { "\($0.name):\n\($0.log)" }
      throw Trouble(description: "\(error)\n\(logs.joined(separator: "\n--\n"))")
    }
  }

  /// Applies, with real kubectl, a Gateway with one listener on port 80, a route to a backend, and what is given.
  ///
  /// - Parameter parameters: the GatewayParameters that the Gateway refers to.
  func applyApplication(backendPort: Int, parameters: String? = nil, _ others: [JSONValue] = []) async throws {
    var gateway = Objects.gateway(port: 80)
    if let parameters {
      gateway[["spec", "infrastructure", "parametersRef"]] = [
        "group": .string(Objects.policyGroup), "kind": "GatewayParameters", "name": .string(parameters),
      ]
    }
    try await cluster.apply(
      (others + [gateway, Objects.service(), Objects.endpoints(port: backendPort), Objects.route(path: "/")])
        .documents)
  }

  /// Waits until the Gateway is programmed.
  func waitUntilProgrammed(_ name: String = Objects.gatewayName) async throws {
    do {
      try await eventually("Gateway \(name) is programmed", within: .seconds(60)) {
        await cluster.gateway(name)?.conditions["Programmed"]?.status == "True"
      }
    } catch {
      let status = await cluster.gateway(name)?["status"]?.jsonText ?? "none"
      let logs = await (proxies(of: name) + operators).map { "\($0.name):\n\($0.log)" }
      throw Trouble(description: "\(error)\n\(status)\n\(logs.joined(separator: "\n--\n"))")
    }
  }

  /// Relays to the proxies of a Gateway as its Service does.
  func withService(
    of gateway: String = Objects.gatewayName, port: Int = 80, _ body: (Int) async throws -> Void
  ) async throws {
    try await ServiceRelay.withRunning(to: gateway, in: Objects.namespace, port: port, of: kubelet) { relay in
      try await body(relay.port)
    }
  }

  struct Trouble: Error, CustomStringConvertible {
    let description: String
  }
}

extension Pod {
  /// A page of the pod.
  func page(_ path: String, port: Int) async throws -> String {
    try await outputOfCommand("curl", ["-sS", "--fail", "--max-time", "5", "http://\(address):\(port)\(path)"])
  }

  /// The sum of the samples of a metric whose line contains the label.
  func sample(_ name: String, _ label: String = "", port: Int) async throws -> Double {
    try await page("/metrics", port: port).split(separator: "\n").filter { line in
      line.prefix { $0 != "{" && $0 != " " } == name && (label.isEmpty || line.contains(label))
    }
    .reduce(0) { $0 + (Double($1.split(separator: " ").last ?? "") ?? 0) }
  }
}
