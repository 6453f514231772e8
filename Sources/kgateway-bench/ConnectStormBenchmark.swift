import ArgumentParser
import RealComponents

/// All proxies come back at once after a restart.
struct ConnectStormBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connect-storm",
    abstract: "1,000 proxies connect at once: first with nothing, then after a restart with what they have.",
    discussion: """
      "first" is the first connection of all proxies; "again" is after the control plane was replaced by another one \
      with the same objects, when the proxies say what they have (initial_resource_versions). ready_ms is the time from \
      when the port is open until all streams are open and nothing more is sent; sent_mib is what the control plane's \
      process wrote meanwhile, and ratio its part of the first row's.
      """)

  @Option(help: "How many proxies, each on its own connection.")
  var proxies = 1000

  @Option(help: "How many Gateways they belong to.")
  var gateways = 100

  @OptionGroup var output: OutputOptions

  func run() async throws {
    var table = ResultTable(columns: [
      "connect", "proxies", "gateways", "ready_ms", "cpu_ms", "sent_mib", "ratio", "resident_mib", "peak_mib",
    ])
    let port = try LoopbackPorts.free()
    let arguments = [
      "proxies", "--port", "\(port)", "--streams", "\(proxies)", "--gateways", "\(gateways)", "--remembers",
    ]
    try await withProcess(OwnProgram.path, arguments) { clients in
      var first = 0
      for name in ["first", "again"] {
        let plane = BenchmarkControlPlane(port: port)
        try await plane.fill(gateways: gateways)
        let figures = try await settle(plane)
        if name == "first" { first = figures.sent }
        let usage = ProcessUsage.own()
        table.add([
          .text(name), .integer(proxies), .integer(gateways), .decimal(figures.time.milliseconds),
          .decimal(figures.cpu.milliseconds), .decimal(figures.sent.mebibytes),
          .decimal(Double(figures.sent) / Double(max(1, first))), .decimal(usage.resident.mebibytes),
          .decimal(usage.peak.mebibytes),
        ])
        await plane.end()
      }
      guard clients.exitStatus == nil else { throw BenchmarkFailure("the clients ended: \(clients.errorOutput.text)") }
    }
    table.print(as: output)
  }

  private struct Figures {
    var time: Duration
    var cpu: Duration
    var sent: Int
  }

  /// Waits until every proxy has a stream and the server has been quiet for a while, which does not count.
  private func settle(_ plane: BenchmarkControlPlane) async throws -> Figures {
    let clock = ContinuousClock()
    let (start, before) = (clock.now, ProcessUsage.own())
    _ = try await plane.listen()
    let end = start + .seconds(120)
    var last = (at: start, usage: before)
    while plane.openStreams < proxies || clock.now - last.at < .milliseconds(500) {
      let usage = ProcessUsage.own()
      // Looking costs a little itself: a few hundred bytes and as many microseconds.
      if usage.written - last.usage.written > 512 || plane.openStreams < proxies { last = (clock.now, usage) }
      guard clock.now < end else { throw BenchmarkFailure("\(plane.openStreams) of \(proxies) proxies came") }
      try await Task.sleep(for: .milliseconds(10))
    }
    return Figures(
      time: last.at - start, cpu: last.usage.cpu - before.cpu, sent: last.usage.written - before.written)
  }
}
