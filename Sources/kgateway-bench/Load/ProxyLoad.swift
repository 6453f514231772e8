import ArgumentParser
import NIOPosix

/// Stands for many proxies, in a process of its own so that the servers' figures are theirs alone. Acknowledges
/// everything, connects again when it loses a connection, and runs until it is ended.
struct ProxyLoad: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proxies", abstract: "ADS clients for the other benchmarks.", shouldDisplay: false)

  @Option var port: Int
  @Option(help: "How many streams, each on its own connection.") var streams: Int
  @Option var dialect: Dialect = .delta
  @Option(help: "The streams are spread over as many Gateways.") var gateways = 1
  @Option(help: "The flow control window of a stream, in bytes.") var window = 16 << 20
  @Flag(help: "Subscribe to clusters and listeners alone.") var twoTypes = false
  @Flag(help: "Say on a new stream what is there from the one before.") var remembers = false
  @Flag(help: "Speak TLS, and trust any certificate.") var tls = false

  func run() async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let settings = ProxyConnection.Settings(
      port: port, dialect: dialect, types: twoTypes ? ProxyConnection.twoTypes : ProxyConnection.allTypes,
      window: window, remembers: remembers, tls: tls)
    let connections = (0..<streams).map { index in
      ProxyConnection(
        settings: settings, gateway: "\(BenchmarkObjects.namespace)/gateway-\(index % gateways)", id: "proxy-\(index)",
        eventLoop: group.next())
    }
    for connection in connections { connection.start() }
    // Until the process is ended.
    try await Task.sleep(for: .seconds(86_400))
  }
}

/// The two protocols of the aggregated discovery service, as options name them.
enum Dialect: String, ExpressibleByArgument, CaseIterable {
  case delta
  case sotw

  var path: String {
    let service = "/envoy.service.discovery.v3.AggregatedDiscoveryService"
    return switch self {
    case .delta: "\(service)/DeltaAggregatedResources"
    case .sotw: "\(service)/StreamAggregatedResources"
    }
  }
}
