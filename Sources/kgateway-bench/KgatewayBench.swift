import ArgumentParser

/// `kgateway-bench BENCHMARK`: what the control plane costs. Build it optimised (`hack/bench`).
@main
struct KgatewayBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kgateway-bench",
    abstract: "Measures what the control plane costs.",
    discussion: "Machines are noisy: compare figures of one run, not of two.",
    subcommands: [
      ColdStartBenchmark.self, PropagationBenchmark.self, RoutesBenchmark.self, FanOutBenchmark.self,
      ConnectStormBenchmark.self, ChurnBenchmark.self, TranslateBenchmark.self, ScrapeBenchmark.self,
      FanOutServer.self, ProxyLoad.self,
    ])
}
