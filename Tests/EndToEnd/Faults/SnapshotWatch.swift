import EnvoyAPI
import NIOPosix
import ScriptedADSClient
import SwiftProtobuf
import Synchronization

/// A client of an operator's xDS server that takes everything of a Gateway, and notes every moment in which a proxy would
/// have had less than it needs: a resource that is always there is gone, or a route leads to a cluster that is not there.
final class SnapshotWatch: Sendable {
  /// What is always there of a Gateway.
  struct Standing: Sendable {
    /// By type.
    let names: [String: Set<String>]
    /// Paths that some route has.
    let paths: Set<String>
  }

  private struct State {
    /// By type and name.
    var held: [String: [String: [UInt8]]] = [:]
    var isWhole = false
    var violations: [String] = []
    var responses = 0
    var end: String?
  }

  private let standing: Standing
  private let state = Mutex(State())

  private init(standing: Standing) { self.standing = standing }

  /// What was wrong at any time; nothing if all was well.
  var violations: [String] { state.withLock { $0.violations } }
  /// How many responses came.
  var responses: Int { state.withLock { $0.responses } }
  /// Why the stream ended, if it did.
  var end: String? { state.withLock { $0.end } }
  /// Whether everything that is always there has come.
  var isWhole: Bool { state.withLock { $0.isWhole } }
  /// Whether anything has come at all.
  var hasAnything: Bool { state.withLock { !$0.held.isEmpty } }

  /// Watches while the body runs.
  ///
  /// - Parameter headers: such as `authorization`.
  static func run(
    of gateway: String, standing: Standing, port: Int, headers: [(String, String)] = [],
    _ body: (SnapshotWatch) async throws -> Void
  ) async throws {
    let watch = SnapshotWatch(standing: standing)
    try await ScriptedADSClient.with(port: port, on: MultiThreadedEventLoopGroup.singleton) { client in
      let stream = try await client.open(.delta, cluster: gateway, node: "snapshot-watch", headers: headers)
      stream.followEverything()
      try await withThrowingTaskGroup { group in
        group.addTask { await watch.follow(stream) }
        do {
          try await body(watch)
        } catch {
          await stream.close()
          throw error
        }
        await stream.close()
      }
    }
  }

  private func follow(_ stream: ADSClientStream) async {
    while !Task.isCancelled {
      do {
        take(try await stream.next(within: .seconds(3_600)))
      } catch {
        return state.withLock { $0.end = "\(error)" }
      }
    }
  }

  private func take(_ response: ADSResponse) {
    state.withLock { state in
      state.responses += 1
      for resource in response.resources { state.held[response.typeURL, default: [:]][resource.name] = resource.bytes }
      for name in response.removed { state.held[response.typeURL]?[name] = nil }
      let missing = missing(in: state.held)
      if missing.isEmpty {
        state.isWhole = true
      } else if state.isWhole {
        state.violations.append("after \(response.names) came and \(response.removed) went: \(missing)")
      }
    }
  }

  private func missing(in held: [String: [String: [UInt8]]]) -> [String] {
    var missing = standing.names.flatMap { typeURL, names in
      names.subtracting((held[typeURL] ?? [:]).keys).map { "no \($0)" }
    }
    let routes = (held[ADSTypeURL.route] ?? [:]).values.compactMap {
      try? Envoy_Config_Route_V3_RouteConfiguration(serializedBytes: $0)
    }
    let all = routes.flatMap(\.virtualHosts).flatMap(\.routes)
    let paths = Set(all.flatMap { [$0.match.pathSeparatedPrefix, $0.match.prefix, $0.match.path] })
    missing += standing.paths.subtracting(paths).map { "no route of \($0)" }
    let clusters = Set((held[ADSTypeURL.cluster] ?? [:]).keys)
    missing += Set(all.map(\.route.cluster)).subtracting(clusters).filter { !$0.isEmpty }.map { "a route to no \($0)" }
    for name in standing.names[ADSTypeURL.endpoint] ?? [] {
      guard let bytes = held[ADSTypeURL.endpoint]?[name],
        let endpoints = try? Envoy_Config_Endpoint_V3_ClusterLoadAssignment(serializedBytes: bytes)
      else { continue }
      if endpoints.endpoints.flatMap(\.lbEndpoints).isEmpty { missing.append("no endpoint of \(name)") }
    }
    return missing
  }
}
