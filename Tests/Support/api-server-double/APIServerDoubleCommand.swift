import APIServerDouble
import ArgumentParser
import Dispatch

/// Runs the API server double by itself, to try `kubectl` or `kgateway run` by hand.
@main
struct APIServerDoubleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "api-server-double",
    abstract: "Runs an in-memory stand-in for the Kubernetes API server on 127.0.0.1, until it is interrupted.")

  @Option(help: "The port to listen on; 0 takes a free one.")
  var port = 0

  @Option(help: "Writes a kubeconfig for the server to this file.")
  var kubeconfig: String?

  @Option(help: "A group that is served only once its CRD is applied, such as gateway.kgateway.dev.")
  var absentGroup: [String] = []

  func run() async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.port = port
    configuration.absentGroups = Set(absentGroup)
    let double = APIServerDouble(configuration)
    try await double.start()
    if let kubeconfig { try await double.writeKubeconfig(to: kubeconfig) }
    print(await double.url)
    await untilInterrupted()
    await double.stop()
  }

  private func untilInterrupted() async {
    let (signals, received) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler { received.yield() }
      source.resume()
      return source
    }
    for await _ in signals { break }
    for source in sources { source.cancel() }
  }
}
