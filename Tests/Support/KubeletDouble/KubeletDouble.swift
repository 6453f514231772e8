package import APIServerDouble
import FoundationEssentials
package import RealComponents
import Synchronization

/// Stands in for what runs pods in a cluster: the controller that makes them of Deployments, and the kubelet that runs
/// them, each as a process of this machine with an address of its own (`PodAddress`), its volumes as folders, and its
/// probe, its preStop hook and its signals as its template says.
///
/// Of a Deployment it knows `replicas` and the rolling update with a surge of one: a new pod is ready before an old one
/// is asked to end. It writes the Deployment's status. A Service of type LoadBalancer gets an address.
package actor KubeletDouble {
  package struct Settings: Sendable {
    /// A program of this machine that stands in for one of an image.
    package struct Program: Sendable {
      package var path: String
      package var extraArguments: [String]

      package init(path: String, extraArguments: [String] = []) {
        self.path = path
        self.extraArguments = extraArguments
      }
    }

    /// Finds the program for an image and the first word of the command, which is nil where the image's own is meant.
    package var program: @Sendable (_ image: String, _ command: String?) throws -> Program
    /// Is told what became of a preStop hook; the result is nil where it did not end in time.
    package var onPreStop: @Sendable (Pod, CommandResult?) -> Void = { _, _ in }
    /// Names that pods resolve beside what this machine does, with their addresses: the cluster's DNS.
    package var hosts: [String: String] = [:]

    package init(program: @escaping @Sendable (_ image: String, _ command: String?) throws -> Program) {
      self.program = program
    }

    func podAddressLibrary() throws -> String { try BuiltProduct.path("libpod-address.so") }
  }

  private struct DeploymentID: Hashable {
    let namespace: String
    let name: String
  }

  private static let interval = Duration.milliseconds(50)
  private static let loadBalancerAddress = "127.0.0.1"
  private static let doubles = Atomic(0)

  private let apiServer: APIServerDouble
  private let folder: TemporaryFolder
  private let settings: Settings
  private var pods: [DeploymentID: [Pod]] = [:]
  private var podNumber = 0
  /// The first three octets of its pods' addresses, which differ between processes that test at the same time, and
  /// between doubles of one.
  private let network: String
  private let hostsFile: String?

  private init(_ apiServer: APIServerDouble, _ folder: TemporaryFolder, _ settings: Settings) throws {
    self.apiServer = apiServer
    self.folder = folder
    self.settings = settings
    let hosts = settings.hosts.map { "\($1) \($0)\n" }.sorted().joined()
    hostsFile = hosts.isEmpty ? nil : try folder.write("127.0.0.1 localhost\n\(hosts)", to: "hosts-of-the-pods")
    let process = Int(ProcessInfo.processInfo.processIdentifier)
    let number = Self.doubles.wrappingAdd(1, ordering: .relaxed).oldValue
    network = "127.\(process % 250 + 1).\(number % 250)"
  }

  /// Runs the pods of a cluster for the time of the body.
  package static func withRunning<Result>(
    _ apiServer: APIServerDouble, folder: TemporaryFolder, _ settings: Settings,
    _ body: (KubeletDouble) async throws -> Result
  ) async throws -> Result {
    let kubelet = try KubeletDouble(apiServer, folder, settings)
    return try await withThrowingTaskGroup { group in
      group.addTask { await kubelet.run() }
      let result: Result
      do {
        result = try await body(kubelet)
      } catch {
        group.cancelAll()
        throw error
      }
      group.cancelAll()
      return result
    }
  }

  // MARK: Looking

  /// The pods of a Deployment, the oldest first; none that has ended.
  package func pods(of deployment: String, in namespace: String) -> [Pod] {
    pods[DeploymentID(namespace: namespace, name: deployment)] ?? []
  }

  /// The addresses behind a port of a Service: of the pods that it selects and that are ready, with the target port.
  package func endpoints(of service: String, in namespace: String, port: Int) async -> [(address: String, port: Int)] {
    guard let object = await apiServer.object("services", group: "", namespace: namespace, name: service),
      let selector = object[["spec", "selector"]]?.strings, !selector.isEmpty,
      let entry = (object[["spec", "ports"]]?.arrayValue ?? []).first(where: {
        $0["port"]?.integerValue == Int64(port)
      })
    else { return [] }
    let target = Int(entry["targetPort"]?.integerValue ?? Int64(port))
    return pods.filter { $0.key.namespace == namespace }.values.joined().filter { pod in
      pod.isReady && !pod.isTerminating && selector.allSatisfy { pod.template.labels[$0] == $1 }
    }.map { ($0.address, target) }
  }

  // MARK: Work

  private func run() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        var seen: Set<DeploymentID> = []
        for deployment in await apiServer.objects("deployments", group: "apps") {
          let id = DeploymentID(
            namespace: deployment[["metadata", "namespace"]]?.stringValue ?? "",
            name: deployment[["metadata", "name"]]?.stringValue ?? "")
          seen.insert(id)
          for pod in reconcile(id, deployment) { group.addTask { await pod.run() } }
          await writeStatus(of: id, deployment)
        }
        for (id, pods) in pods where !seen.contains(id) {
          for pod in pods { pod.terminate() }
          self.pods[id] = pods.filter { !$0.isGone }
        }
        await giveAddresses()
        try? await Task.sleep(for: Self.interval)
      }
      group.cancelAll()
    }
  }

  /// - Returns: the pods that are to be started.
  private func reconcile(_ id: DeploymentID, _ deployment: JSONValue) -> [Pod] {
    let template = PodTemplate(deployment[["spec", "template"]] ?? [:])
    let replicas = Int(deployment[["spec", "replicas"]]?.integerValue ?? 1)
    var own = (pods[id] ?? []).filter { !$0.isGone }
    let current = own.filter { $0.template == template && !$0.isTerminating }
    let old = own.filter { $0.template != template && !$0.isTerminating }
    for pod in current.dropFirst(replicas) { pod.terminate() }
    // One more than wanted at a time; an old pod goes when a new one has taken its place.
    let ready = own.filter { $0.isReady && !$0.isTerminating }.count
    let mayStart = old.isEmpty ? replicas - current.count : min(1, replicas + 1 - current.count - old.count)
    let started = (0..<max(0, mayStart)).map { _ in makePod(of: id, template) }
    if let pod = old.first, ready > replicas || !pod.isReady { pod.terminate() }
    own += started
    pods[id] = own
    return started
  }

  private func makePod(of deployment: DeploymentID, _ template: PodTemplate) -> Pod {
    podNumber += 1
    let name = "\(deployment.name)-\(String(podNumber, radix: 36))"
    let identity = PodIdentity(
      namespace: deployment.namespace, name: name, uid: UUID().uuidString.lowercased(),
      address: "\(network).\(podNumber % 250 + 1)", node: "node-of-the-test", template: template)
    return Pod(identity, in: folder, apiServer, settings, hostsFile: hostsFile)
  }

  private func writeStatus(of id: DeploymentID, _ deployment: JSONValue) async {
    let template = PodTemplate(deployment[["spec", "template"]] ?? [:])
    let own = (pods[id] ?? []).filter { !$0.isTerminating }
    let ready = Int64(own.filter(\.isReady).count)
    var status: JSONValue = [
      "observedGeneration": deployment[["metadata", "generation"]] ?? 1, "replicas": .integer(Int64(own.count)),
      "updatedReplicas": .integer(Int64(own.filter { $0.template == template }.count)),
    ]
    if ready > 0 {
      status["readyReplicas"] = .integer(ready)
      status["availableReplicas"] = .integer(ready)
    }
    guard deployment["status"] != status else { return }
    // It may have been deleted meanwhile.
    try? await apiServer.writeStatus(
      status, of: "deployments", group: "apps", namespace: id.namespace, name: id.name)
  }

  /// As the controller of a cloud does.
  private func giveAddresses() async {
    for service in await apiServer.objects("services", group: "") {
      guard service[["spec", "type"]] == "LoadBalancer", service[["status", "loadBalancer", "ingress"]] == nil else {
        continue
      }
      try? await apiServer.writeStatus(
        ["loadBalancer": ["ingress": [["ip": .string(Self.loadBalancerAddress)]]]], of: "services", group: "",
        namespace: service[["metadata", "namespace"]]?.stringValue ?? "",
        name: service[["metadata", "name"]]?.stringValue ?? "")
    }
  }
}
