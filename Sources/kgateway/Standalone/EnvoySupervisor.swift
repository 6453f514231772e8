import AdminServer
import KubernetesAPI
import Logging
import ServiceLifecycle
import Subprocess
import SystemPackage

/// Keeps one local Envoy running for each Gateway that is served: the proxies of standalone mode.
struct EnvoySupervisor: ServiceLifecycle.Service {
  /// Path of the binary.
  let envoy: String
  /// The xDS address that the Envoys connect to.
  let controlPlane: ListenAddress
  /// The admin interface of the first Envoy; each further one has the next port. Nil: none has one.
  let admin: ListenAddress?
  /// The Gateways, anew whenever they change.
  let gateways: AsyncStream<Set<NamespacedName>>
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withDiscardingTaskGroup { group in
        var running: [NamespacedName: StopSignal] = [:]
        var ports = AdminPorts(first: admin?.port ?? 0)
        for await wanted in gateways {
          for (gateway, stop) in running where !wanted.contains(gateway) {
            stop.send()
            running[gateway] = nil
            ports.giveBack(gateway)
          }
          for gateway in wanted.sorted() where running[gateway] == nil {
            let stop = StopSignal()
            running[gateway] = stop
            let admin = admin.map { ListenAddress(host: $0.host, port: ports.take(gateway)) }
            group.addTask { await keepRunning(gateway, admin: admin, until: stop) }
          }
        }
      }
    }
  }

  /// Starts the Envoy, and again whenever it ends by itself, after a growing pause.
  private func keepRunning(_ gateway: NamespacedName, admin: ListenAddress?, until stop: StopSignal) async {
    await withTaskGroup { group in
      group.addTask { await stop.wait() }
      group.addTask {
        var pause = Duration.seconds(1)
        while !Task.isCancelled {
          await runOnce(gateway, admin: admin)
          guard !Task.isCancelled else { return }
          logger.warning("Envoy of Gateway \(gateway) ended by itself; it is started again in \(pause)")
          try? await Task.sleep(for: pause)
          pause = min(pause * 2, .seconds(30))
        }
      }
      await group.next()
      group.cancelAll()
    }
  }

  private func runOnce(_ gateway: NamespacedName, admin: ListenAddress?) async {
    do {
      let configuration = try configuration(for: gateway, admin: admin)
      let page = admin.map { ", with its metrics on \($0)/stats/prometheus" } ?? ""
      logger.info("starting Envoy for Gateway \(gateway)\(page)")
      let result = try await Subprocess.run(
        configuration, input: .none, output: .currentStandardOutput, error: .currentStandardError)
      guard !Task.isCancelled, !result.terminationStatus.isSuccess else { return }
      logger.error("Envoy of Gateway \(gateway) ended: \(result.terminationStatus)")
    } catch {
      guard !Task.isCancelled else { return }
      logger.error("cannot run Envoy for Gateway \(gateway): \(error)")
    }
  }

  private func configuration(for gateway: NamespacedName, admin: ListenAddress?) throws -> Subprocess.Configuration {
    let bootstrap = EnvoyBootstrap(
      gateway: gateway, nodeName: "standalone.\(gateway.name).\(gateway.namespace)", controlPlane: controlPlane,
      admin: admin)
    var options = PlatformOptions()
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .milliseconds(500))]
    return Subprocess.Configuration(
      executable: .path(FilePath(envoy)),
      arguments: [
        "--config-yaml", try bootstrap.json(),
        // Several Envoys run on one machine without meeting in shared memory.
        "--use-dynamic-base-id",
        "--log-level", "warning", "--log-format", "[%Y-%m-%dT%T.%eZ] envoy %l: %v",
        // A person who watches wants to see a request's line at once; Envoy's default is every 10 s.
        "--file-flush-interval-msec", "200",
      ],
      environment: .inherit, platformOptions: options)
  }
}

/// The ports of the Envoys' admin interfaces, from one upwards without a gap.
private struct AdminPorts {
  let first: Int
  private var taken: [NamespacedName: Int] = [:]

  init(first: Int) { self.first = first }

  mutating func take(_ gateway: NamespacedName) -> Int {
    var port = first
    while taken.values.contains(port) { port += 1 }
    taken[gateway] = port
    return port
  }

  mutating func giveBack(_ gateway: NamespacedName) { taken[gateway] = nil }
}

/// Tells one task to stop.
private final class StopSignal: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() { (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1)) }

  func send() { continuation.finish() }

  /// Returns once the signal was sent, or when the task is cancelled.
  func wait() async { for await _ in stream {} }
}
