import APIServerDouble
import JSON
import KubernetesAPI
import KubernetesClient
import RealComponents
import Synchronization

/// Eleven kinds of an API server, each reflected into a mirror, over one client.
final class WatchedKinds: Sendable {
  struct State: Sendable {
    /// The resourceVersion of each object, by kind and name.
    var versions: [String: [String: String]] = [:]
    var synced: Set<String> = []
    var restarts: [WatchRestart] = []
    var upserts = 0
  }

  static let resources = [
    ("", "v1", "services", "Service"), ("", "v1", "secrets", "Secret"), ("", "v1", "configmaps", "ConfigMap"),
    ("", "v1", "namespaces", "Namespace"), ("", "v1", "serviceaccounts", "ServiceAccount"),
    ("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
    ("gateway.networking.k8s.io", "v1", "gateways", "Gateway"),
    ("gateway.networking.k8s.io", "v1", "gatewayclasses", "GatewayClass"),
    ("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute"),
    ("gateway.networking.k8s.io", "v1", "grpcroutes", "GRPCRoute"), ("apps", "v1", "deployments", "Deployment"),
  ].map { APIResource(group: $0.0, version: $0.1, plural: $0.2, kind: $0.3) }

  private let shared = Mutex(State())
  /// The kinds whose consumer is busy.
  private let busy = Mutex<Set<String>>([])

  var state: State { shared.withLock(\.self) }

  /// Lets the consumer of a kind take nothing more, or go on.
  func hold(_ kind: String, _ isHeld: Bool) {
    busy.withLock { if isHeld { $0.insert(kind) } else { $0.remove(kind) } }
  }

  private func take(_ event: ReflectorEvent<Note>, of kind: String) async {
    while busy.withLock({ $0.contains(kind) }), (try? await Task.sleep(for: .milliseconds(5))) != nil {}
    shared.withLock { state in
      switch event {
      case .upsert(let note):
        state.versions[kind, default: [:]][note.metadata.name] = note.metadata.resourceVersion
        state.upserts += 1
      case .delete(let id): state.versions[kind]?[id.name] = nil
      case .synced: state.synced.insert(kind)
      case .undecodable, .absent: break
      }
    }
  }

  /// Reflects all kinds for the time of `body`, which begins when all are synced.
  static func reflecting(
    _ client: KubernetesClient, silence: Duration = .seconds(20), _ body: (WatchedKinds) async throws -> Void
  ) async throws {
    let kinds = WatchedKinds()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for resource in resources {
        let reflector = Reflector<Note>(
          resource, client: client,
          settings: Reflector.Settings(
            silence: silence, backoff: Backoff(initial: .milliseconds(20), maximum: .milliseconds(100))),
          decode: { reader throws(JSONError) in try Note(from: &reader) },
          onRestart: { restart in kinds.shared.withLock { $0.restarts.append(restart) } })
        group.addTask { await reflector.run { await kinds.take($0, of: resource.kind) } }
      }
      try await eventually("all kinds are synced") { kinds.state.synced.count == resources.count }
      try await body(kinds)
      group.cancelAll()
    }
  }

  /// Waits until the mirror of a kind is what the server has.
  func shows(_ server: APIServerDouble, _ resource: APIResource) async throws {
    try await eventually("the mirror of \(resource.kind) shows what the server has") {
      let objects = await server.objects(resource.plural, group: resource.group)
      let versions = objects.map { object in
        (object[["metadata", "name"]]?.stringValue ?? "", object[["metadata", "resourceVersion"]]?.stringValue ?? "")
      }
      return Dictionary(versions) { _, last in last } == self.state.versions[resource.kind, default: [:]]
    }
  }
}

extension APIServerDouble {
  /// Stores a ConfigMap of about as many bytes.
  func putConfigMap(_ name: String, _ text: String, bytes: Int = 0) throws {
    _ = try put([
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)],
      "data": ["text": .string(text), "filling": .string(String(repeating: "x", count: bytes))],
    ])
  }
}
