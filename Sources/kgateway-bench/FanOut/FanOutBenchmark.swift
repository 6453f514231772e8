import ArgumentParser
import FoundationEssentials
import RealComponents

/// One configuration to many proxies of one Gateway.
struct FanOutBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fan-out",
    abstract: "A changed configuration to 100 and 1,000 ADS streams, each on its own connection.",
    discussion: """
      Each row is a server in a process of its own, and its clients in another. "bare" is the smallest server on \
      swift-nio-http2 that can push and count answers: no protocol logic, no metrics, no authentication. all_ms is the \
      median time from the change to the last acknowledgement, cpu_ms what the server's process used meanwhile, sent_mib \
      what it wrote, and ratio its CPU time beside that of the bare server in the row of the same case. Memory is that \
      of the server's process: before anybody connects, with all streams open, and after all pushes.
      """)

  @Option(help: "How many streams.")
  var streams: [Int] = [100, 1000]

  @Option(help: "How many bytes change.")
  var bytes: [Int] = [4096, 1_048_576]

  @Option(help: "How many pushes are measured, of each size.")
  var rounds = 15

  @Option(help: "delta or sotw; both without it.")
  var dialect: [Dialect] = Dialect.allCases

  @Option(help: "The flow control window of a client's stream, in bytes; 65536 makes slow readers.")
  var window = 16 << 20

  @Flag(help: "Measure over TLS as well.")
  var tls = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    var table = ResultTable(columns: [
      "server", "dialect", "tls", "streams", "bytes", "all_ms", "cpu_ms", "ratio", "sent_mib", "connect_cpu_ms",
      "idle_mib", "connected_mib", "after_mib", "peak_mib",
    ])
    for count in streams {
      for size in bytes {
        let bare = try await measure(.bare, .delta, streams: count, bytes: size, tls: false)
        table.add(row(.bare, nil, bare, streams: count, bytes: size, tls: false, ratio: 1))
        for dialect in dialect {
          for tls in tls ? [false, true] : [false] {
            let figures = try await measure(.kgateway, dialect, streams: count, bytes: size, tls: tls)
            table.add(
              row(
                .kgateway, dialect, figures, streams: count, bytes: size, tls: tls,
                ratio: figures.cpuMilliseconds / bare.cpuMilliseconds))
          }
        }
      }
    }
    table.print(as: output)
  }

  private func measure(
    _ server: FanOutServer.Kind, _ dialect: Dialect, streams: Int, bytes: Int, tls: Bool
  ) async throws -> FanOutFigures {
    // Each row has a process of its own, so that no row inherits another one's memory.
    let arguments = [
      "fan-out-server", "--kind", server.rawValue, "--dialect", dialect.rawValue, "--streams", "\(streams)", "--bytes",
      "\(bytes)", "--rounds", "\(rounds)", "--window", "\(window)",
    ]
    let text = try await outputOfCommand(
      OwnProgram.path, arguments + (tls ? ["--tls"] : []), deadline: .seconds(600))
    return try JSONDecoder().decode(FanOutFigures.self, from: Data(text.utf8))
  }

  private func row(
    _ server: FanOutServer.Kind, _ dialect: Dialect?, _ figures: FanOutFigures, streams: Int, bytes: Int, tls: Bool,
    ratio: Double
  ) -> [ResultTable.Cell] {
    [
      .text(server.rawValue), .text(dialect?.rawValue ?? "-"), .text(tls ? "yes" : "no"), .integer(streams),
      .integer(bytes), .decimal(figures.allMilliseconds), .decimal(figures.cpuMilliseconds), .decimal(ratio),
      .decimal(figures.sentMebibytes), .decimal(figures.connectCPUMilliseconds), .decimal(figures.idleMebibytes),
      .decimal(figures.connectedMebibytes), .decimal(figures.afterMebibytes), .decimal(figures.peakMebibytes),
    ]
  }
}

/// What a server's process measures of itself.
struct FanOutFigures: Codable {
  /// Medians of the pushes.
  var allMilliseconds = 0.0
  var cpuMilliseconds = 0.0
  var sentMebibytes = 0.0
  /// Until all streams have had their first configuration.
  var connectCPUMilliseconds = 0.0
  var idleMebibytes = 0.0
  var connectedMebibytes = 0.0
  var afterMebibytes = 0.0
  var peakMebibytes = 0.0
}
