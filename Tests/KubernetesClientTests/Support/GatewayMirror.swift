import APIServerDouble
import JSON
import KubernetesAPI
import KubernetesClient
import RealComponents
import Synchronization

extension Gateway: WatchedObject {}

/// What a consumer of a reflector of Gateways has come to know.
final class GatewayMirror: Sendable {
  struct State: Sendable {
    /// The first listener's port of each Gateway, by name.
    var ports: [String: Int] = [:]
    var upserts = 0
    var syncs = 0
    var isAbsent = false
    var restarts: [WatchRestart.Reason] = []
  }

  private let shared = Mutex(State())

  var state: State { shared.withLock(\.self) }

  func apply(_ event: ReflectorEvent<Gateway>) {
    shared.withLock { state in
      switch event {
      case .upsert(let gateway):
        state.ports[gateway.metadata.name] = gateway.listeners.first?.port
        state.upserts += 1
        state.isAbsent = false
      case .delete(let id): state.ports[id.name] = nil
      case .undecodable: break
      case .synced: state.syncs += 1
      case .absent: state.isAbsent = true
      }
    }
  }

  func restarted(_ restart: WatchRestart) {
    shared.withLock { $0.restarts.append(restart.reason) }
  }

  /// Waits until the mirror shows exactly these.
  func shows(_ ports: [String: Int]) async throws {
    try await eventually("the mirror shows \(ports)") { state.ports == ports }
  }

  /// Runs a reflector into a mirror for the time of `body`.
  static func reflecting(
    _ client: KubernetesClient, pageSize: Int = 500, silence: Duration = .seconds(20),
    _ body: (GatewayMirror) async throws -> Void
  ) async throws {
    let mirror = GatewayMirror()
    let reflector = Reflector<Gateway>(
      APIResource(.gateway), client: client,
      settings: Reflector.Settings(
        pageSize: pageSize, silence: silence,
        backoff: Backoff(initial: .milliseconds(10), maximum: .milliseconds(50)), absentInterval: .milliseconds(20)),
      decode: { reader throws(JSONError) in try Gateway(from: &reader) },
      onRestart: { mirror.restarted($0) })
    let task = Task { await reflector.run { mirror.apply($0) } }
    do {
      try await body(mirror)
    } catch {
      task.cancel()
      await task.value
      throw error
    }
    task.cancel()
    await task.value
  }
}

extension APIServerDouble {
  /// Stores a Gateway with one listener.
  func putGateway(_ name: String, port: Int) throws {
    _ = try put([
      "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": ["name": .string(name)],
      "spec": [
        "gatewayClassName": "kgateway",
        "listeners": [["name": "http", "port": .integer(Int64(port)), "protocol": "HTTP"]],
      ],
    ])
  }

  func deleteGateway(_ name: String) throws {
    try delete("gateways", group: "gateway.networking.k8s.io", namespace: "default", name: name)
  }
}
