import ArgumentParser
import RealComponents

/// The operator's start against a full API server.
struct ColdStartBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cold-start",
    abstract: "The start of the operator: 1,000 Gateways, 10,000 policies, 10,000 routes, 20,000 EndpointSlices.",
    discussion: """
      The real program, against the API server double in a process of its own, on the loopback interface over TLS. \
      curl_ms is what one curl takes to fetch the lists of all kinds at once (parallel, unpaged, and not read), the least \
      of three times; ready_ms is from the program's start until /readyz says that every Gateway has its snapshot; ratio \
      is one beside the other. The later figures are from when the statuses of all objects are written. A first row, \
      without objects, is the program at rest.
      """)

  @Option(help: "How many Gateways; each has ten policies, ten routes and twenty EndpointSlices.")
  var gateways: [Int] = [0, 1000]

  @Flag(help: "Leave out the 20,000 EndpointSlices with their Services.")
  var withoutEndpoints = false

  @Flag(help: "Leave out the 10,000 routes too: only Gateways and policies.")
  var policiesOnly = false

  @Flag(help: "Do not wait for the statuses, of which 50 a second are written.")
  var untilReady = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    var table = ResultTable(columns: [
      "gateways", "objects", "list_mib", "curl_ms", "ready_ms", "ratio", "ready_cpu_s", "ready_mib", "settled_mib",
      "peak_mib", "settled_cpu_s", "status_writes",
    ])
    for count in gateways { table.add(try await measure(gateways: count)) }
    table.print(as: output)
  }

  private func measure(gateways count: Int) async throws -> [ResultTable.Cell] {
    try await withTemporaryFolder { folder in
      let objects = ClusterObjects(
        gateways: count, routes: !policiesOnly, endpoints: !withoutEndpoints && !policiesOnly)
      let file = try folder.write(objects.lines.joined(separator: "\n"), to: "objects.jsonl")
      let kubeconfig = folder.path("kubeconfig")
      let arguments = ["--kubeconfig", kubeconfig, "--objects", file, "--tls"]
      return try await withProcess(BuiltProduct.path("api-server-double"), arguments) { server in
        let url = try await server.output.line("the API server listens", within: .seconds(300)) {
          $0.hasPrefix("http")
        }
        let lists = try await fetch(url)
        let figures = try await OperatorStart.measure(kubeconfig: kubeconfig, untilReady: untilReady)
        return [
          .integer(count), .integer(objects.count), .decimal(lists.bytes.mebibytes),
          .decimal(lists.time.milliseconds), .decimal(figures.ready.milliseconds),
          .decimal(figures.ready / lists.time), .decimal(figures.readyCPU / .seconds(1)),
          .decimal(figures.readyResident.mebibytes), .decimal(figures.settledResident.mebibytes),
          .decimal(figures.peak.mebibytes), .decimal(figures.settledCPU / .seconds(1)), .integer(figures.statusWrites),
        ]
      }
    }
  }

  /// Fetches the lists of all kinds with one curl.
  private func fetch(_ server: String) async throws -> (time: Duration, bytes: Int) {
    let urls = ClusterObjects.lists.flatMap { ["-o", "/dev/null", "\(server)\($0)?limit=0"] }
    let clock = ContinuousClock()
    var best: (time: Duration, bytes: Int) = (.seconds(1_000), 0)
    for _ in 0..<3 {
      let start = clock.now
      let sizes = try await outputOfCommand(
        "curl",
        ["-sSfk", "--parallel", "-H", "Authorization: Bearer administrator", "-w", "%{size_download}\\n"] + urls,
        deadline: .seconds(300))
      let time = clock.now - start
      let bytes = sizes.split(separator: "\n").compactMap { Int($0) }.reduce(0, +)
      if time < best.time { best = (time, bytes) }
    }
    return best
  }
}
