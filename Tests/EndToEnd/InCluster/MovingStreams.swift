import APIServerDouble
import NIOPosix
import NIOSSL
import RealComponents
import ScriptedADSClient
import Synchronization

/// xDS streams of a Gateway's proxies, over TLS and with a token, each of which comes again when it ends, and says then
/// what it has, as Envoy does.
enum MovingStreams {
  /// Opens so many for the time of the body, which begins when each has everything.
  static func withRunning(
    _ count: Int, of gateway: String = Objects.gatewayName, in installation: Installation,
    _ body: ([MovingStream]) async throws -> Void
  ) async throws {
    let apiServer = installation.cluster.apiServer
    guard
      let authorities = await apiServer.object(
        "configmaps", group: "", namespace: Objects.namespace, name: gateway)?[["data", "ca.crt"]]?.stringValue
    else { throw Installation.Trouble(description: "the ConfigMap of \(gateway) has no authorities") }
    let token = try await apiServer.issueToken(
      namespace: Objects.namespace, serviceAccount: gateway, audience: "kgateway", seconds: 3600)
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authorities.utf8)))
    let settings = MovingStream.Settings(
      port: installation.xdsPort, tls: tls, token: token, gateway: "\(Objects.namespace)/\(gateway)")
    let streams = (0..<count).map { _ in MovingStream(settings) }
    try await withThrowingDiscardingTaskGroup { group in
      for stream in streams { group.addTask { try await stream.run() } }
      try await eventually("all have everything", within: .seconds(60)) { streams.allSatisfy(\.isComplete) }
      try await body(streams)
      group.cancelAll()
    }
  }
}

final class MovingStream: Sendable {
  struct Settings: Sendable {
    let port: Int
    let tls: TLSConfiguration
    let token: String
    let gateway: String
  }

  private struct State {
    /// By type URL and name.
    var versions: [String: [String: String]] = [:]
    var streams = 0
    var sentAgain: [String] = []
  }

  private let settings: Settings
  private let state = Mutex(State())

  fileprivate init(_ settings: Settings) { self.settings = settings }

  /// How often another replica had to be found.
  var moves: Int { state.withLock { $0.streams - 1 } }
  /// What was sent after everything was there: the last word of the type, and the name.
  var sentAgain: [String] { state.withLock { $0.sentAgain } }
  fileprivate var isComplete: Bool { state.withLock { $0.versions.count == ADSTypeURL.all.count } }

  fileprivate func run() async throws {
    while !Task.isCancelled {
      do {
        let client = try await ScriptedADSClient.connect(
          host: "localhost", port: settings.port, on: MultiThreadedEventLoopGroup.singleton, tls: settings.tls)
        do {
          try await follow(client)
          await client.close()
        } catch {
          await client.close()
          throw error
        }
      } catch let error as CancellationError {
        throw error
      } catch {
        try? await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  /// Until the stream ends, or the task is cancelled.
  private func follow(_ client: ScriptedADSClient) async throws {
    let stream = try await client.open(
      .delta, cluster: settings.gateway, headers: [("authorization", "Bearer \(settings.token)")])
    stream.acknowledgeAll()
    for typeURL in ADSTypeURL.all {
      let versions = state.withLock { $0.versions[typeURL] ?? [:] }
      stream.subscribe(typeURL, to: [ADSClientStream.everything], initialVersions: versions)
    }
    var isCounted = false
    while !Task.isCancelled {
      do {
        note(try await stream.next(within: .milliseconds(100)))
      } catch ADSClientError.timedOut {
        // It still stands, with nothing to say.
      }
      if !isCounted { state.withLock { $0.streams += 1 } }
      isCounted = true
    }
  }

  private func note(_ response: ADSResponse) {
    state.withLock { state in
      let isFirst = state.versions[response.typeURL] == nil
      if isFirst { state.versions[response.typeURL] = [:] }
      let type = response.typeURL.split(separator: ".").dropLast(2).last.map(String.init) ?? ""
      for resource in response.resources {
        state.versions[response.typeURL]?[resource.name] = resource.version
        if !isFirst { state.sentAgain.append("\(type) \(resource.name)") }
      }
      for name in response.removed {
        state.versions[response.typeURL]?[name] = nil
        if !isFirst { state.sentAgain.append("\(type) \(name) removed") }
      }
    }
  }
}
