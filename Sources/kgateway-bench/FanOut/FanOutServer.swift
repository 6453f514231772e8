import ArgumentParser
import FoundationEssentials
import RealComponents

/// A server with its clients' process: pushes, and measures itself.
struct FanOutServer: AsyncParsableCommand {
  enum Kind: String, ExpressibleByArgument {
    /// This project's: delta and state of the world, make before break, authentication, metrics.
    case kgateway
    /// ``BareServer``.
    case bare
  }

  static let configuration = CommandConfiguration(
    commandName: "fan-out-server", abstract: "One row of fan-out.", shouldDisplay: false)

  @Option var kind: Kind
  @Option var dialect: Dialect
  @Option var streams: Int
  @Option var bytes: Int
  @Option var rounds: Int
  @Option var window: Int
  @Flag var tls = false

  func run() async throws {
    let server: any PushingServer =
      switch kind {
      case .kgateway: try await KgatewayPushingServer(tls: tls)
      case .bare: try await BareServer(dialect: dialect)
      }
    var figures = FanOutFigures()
    let idle = ProcessUsage.own()
    figures.idleMebibytes = idle.resident.mebibytes
    server.change(bytes: bytes, round: 0)
    let arguments = [
      "proxies", "--port", "\(server.port)", "--streams", "\(streams)", "--dialect", dialect.rawValue, "--window",
      "\(window)", "--two-types",
    ]
    try await withProcess(OwnProgram.path, arguments + (tls ? ["--tls"] : [])) { clients in
      try await eventually("all streams have the first configuration", within: .seconds(120)) {
        server.acknowledged(round: 0) == streams
      }
      let connected = ProcessUsage.own()
      figures.connectCPUMilliseconds = (connected.cpu - idle.cpu).milliseconds
      figures.connectedMebibytes = connected.resident.mebibytes
      try await push(server, &figures)
      guard clients.exitStatus == nil else { throw BenchmarkFailure("the clients ended: \(clients.errorOutput.text)") }
    }
    print(String(decoding: try JSONEncoder().encode(figures), as: UTF8.self))
  }

  private func push(_ server: any PushingServer, _ figures: inout FanOutFigures) async throws {
    var times: [Duration] = []
    var cpu: [Duration] = []
    var sent: [Double] = []
    let clock = ContinuousClock()
    // The first one warms up buffers and caches, here and at the clients.
    for round in 1...(rounds + 1) {
      let before = ProcessUsage.own()
      let start = clock.now
      server.change(bytes: bytes, round: round)
      try await server.waitUntilAcknowledged(round: round, by: streams)
      let end = clock.now
      let after = ProcessUsage.own()
      guard round > 1 else { continue }
      times.append(end - start)
      cpu.append(after.cpu - before.cpu)
      sent.append((after.written - before.written).mebibytes)
    }
    figures.allMilliseconds = times.percentile(0.5).milliseconds
    figures.cpuMilliseconds = cpu.percentile(0.5).milliseconds
    figures.sentMebibytes = sent.sorted()[sent.count / 2]
    let after = ProcessUsage.own()
    (figures.afterMebibytes, figures.peakMebibytes) = (after.resident.mebibytes, after.peak.mebibytes)
  }
}

/// A server that pushes one configuration to all of its streams.
protocol PushingServer: Sendable {
  var port: Int { get }

  /// Changes the configuration to another one of about `bytes`, and begins to push it.
  func change(bytes: Int, round: Int)

  /// How many streams have acknowledged all of a round's configuration, as long as it is the newest.
  func acknowledged(round: Int) -> Int
}

extension PushingServer {
  /// Looks often, but without spinning: what it costs is part of the server's figures.
  fileprivate func waitUntilAcknowledged(round: Int, by streams: Int) async throws {
    let end = ContinuousClock.now + .seconds(120)
    while acknowledged(round: round) < streams {
      guard ContinuousClock.now < end else {
        throw BenchmarkFailure("\(acknowledged(round: round)) of \(streams) streams acknowledged round \(round)")
      }
      try await Task.sleep(for: .microseconds(500))
    }
  }
}
