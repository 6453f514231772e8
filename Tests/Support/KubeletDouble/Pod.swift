import APIServerDouble
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
package import RealComponents
import Synchronization

/// A running pod: its first container as a process of this machine, from its start to the end that its template
/// describes. What a probe finds is asked with the pod's own network address.
package final class Pod: Sendable {
  private struct State {
    var isReady = false
    var isTerminating = false
    var isGone = false
    var restarts = 0
    var process: ChildProcess?
    var log = ""
  }

  /// How often a probe asks, and volumes are looked at.
  private static let interval = Duration.milliseconds(50)
  /// So many failures of a probe in a row make a ready pod not ready: Kubernetes' default.
  private static let failureThreshold = 3

  package let name: String
  package let namespace: String
  /// Its address, of 127.0.0.0/8.
  package let address: String
  let template: PodTemplate
  private let identity: PodIdentity
  private let volumes: PodVolumes
  /// What stands in for its `/etc/hosts`; nil: the machine's own.
  private let hostsFile: String?
  private let settings: KubeletDouble.Settings
  private let state = Mutex(State())

  init(
    _ identity: PodIdentity, in folder: TemporaryFolder, _ apiServer: APIServerDouble,
    _ settings: KubeletDouble.Settings, hostsFile: String?
  ) {
    self.identity = identity
    self.hostsFile = hostsFile
    (name, namespace, address, template) = (identity.name, identity.namespace, identity.address, identity.template)
    volumes = PodVolumes(of: identity, in: folder, apiServer)
    self.settings = settings
  }

  // MARK: Looking

  /// Whether its readiness probe succeeded the last time; a terminating pod may still be ready.
  package var isReady: Bool { state.withLock { $0.isReady } }
  /// Whether it is on its way to its end, so that a Service sends it nothing new.
  package var isTerminating: Bool { state.withLock { $0.isTerminating } }
  /// How often its process ended by itself and was started again.
  package var restarts: Int { state.withLock { $0.restarts } }
  /// Its container while it runs.
  package var process: ChildProcess? { state.withLock { $0.process } }
  /// What the container wrote to its standard error, the last lines.
  package var log: String { state.withLock { $0.process?.errorOutput.tail(40) ?? $0.log } }
  var isGone: Bool { state.withLock { $0.isGone } }

  // MARK: Life

  /// Asks for its end.
  package func terminate() { state.withLock { $0.isTerminating = true } }

  /// Runs until it has been terminated, or the task is cancelled.
  func run() async {
    while !isTerminating, !Task.isCancelled {
      do {
        try await volumes.refresh()
        try await runContainer()
      } catch {
        state.withLock { $0.log = "\(error)" }
      }
      state.withLock { state in
        state.isReady = false
        state.process = nil
        if !state.isTerminating { state.restarts += 1 }
      }
      if !isTerminating { try? await Task.sleep(for: .milliseconds(300)) }
    }
    state.withLock { $0.isGone = true }
  }

  private func runContainer() async throws {
    guard let container = template.containers.first else { return }
    let environment = PodEnvironment(of: container, identity)
    var variables: [String: String?] = environment.variables.mapValues { .some($0) }
    variables["POD_NETWORK_IP"] = address
    variables["LD_PRELOAD"] = try settings.podAddressLibrary()
    variables["POD_HOSTS_FILE"] = hostsFile
    var settings = ProcessSettings(environment: variables)
    settings.graceToEnd = .milliseconds(100)
    let arguments = (container.command.dropFirst() + container.arguments).map {
      volumes.localized(environment.expand($0))
    }
    let program = try self.settings.program(container.image, container.command.first)
    try await withProcess(program.path, arguments + program.extraArguments, settings: settings) { process in
      state.withLock { $0.process = process }
      try await supervise(process, container)
      state.withLock { $0.log = process.errorOutput.tail(40) }
    }
  }

  /// Until the process ended by itself, or by the way that is meant for it.
  private func supervise(_ process: ChildProcess, _ container: PodTemplate.Container) async throws {
    var failures = 0
    while process.exitStatus == nil, !isTerminating {
      if let probe = container.readiness {
        failures = await probe.succeeds(at: address) ? 0 : failures + 1
        if failures == 0 || failures == Self.failureThreshold { state.withLock { $0.isReady = failures == 0 } }
      } else {
        state.withLock { $0.isReady = true }
      }
      // Something that a volume needs may be gone for a while; what is there stays.
      try? await volumes.refresh()
      try await Task.sleep(for: Self.interval)
    }
    if process.exitStatus == nil { try await end(process, container) }
  }

  /// The hook, then SIGTERM, and SIGKILL at the end of the grace time, which counts from before the hook.
  private func end(_ process: ChildProcess, _ container: PodTemplate.Container) async throws {
    let end = ContinuousClock.now + template.terminationGrace
    if !container.preStop.isEmpty {
      let environment = PodEnvironment(of: container, identity)
      let command = container.preStop.map { volumes.localized(environment.expand($0)) }
      let program = try settings.program(container.image, command.first)
      var hook = ProcessSettings(environment: environment.variables.mapValues { .some($0) })
      hook.environment["POD_NETWORK_IP"] = address
      hook.environment["LD_PRELOAD"] = try settings.podAddressLibrary()
      // One that does not end in time is given up, as by the kubelet.
      let result = try? await runCommand(
        program.path, Array(command.dropFirst()), settings: hook, deadline: ContinuousClock.now.duration(to: end))
      settings.onPreStop(self, result)
    }
    try await Task.sleep(for: container.preStopSleep)
    try process.send(.terminate)
    while process.exitStatus == nil, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(5)) }
    try process.send(.kill)
    try await process.waitForExit()
  }
}

extension PodTemplate.Container.HTTPGet {
  /// Whether the answer's status is one of success, as a probe of the kubelet sees it.
  func succeeds(at address: String) async -> Bool {
    do {
      let parts = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(.seconds(1))
        .connect(host: address, port: port) { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
              wrappingChannelSynchronously: channel)
          }
        }
      let timer = parts.channel.eventLoop.scheduleTask(in: .seconds(1)) { parts.channel.close(promise: nil) }
      defer { timer.cancel() }
      return try await parts.executeThenClose { inbound, outbound in
        let headers = HTTPHeaders([("host", address), ("user-agent", "kube-probe"), ("connection", "close")])
        try await outbound.write(.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)))
        try await outbound.write(.end(nil))
        for try await part in inbound {
          if case .head(let head) = part { return (200..<400).contains(Int(head.status.code)) }
        }
        return false
      }
    } catch {
      return false
    }
  }
}
