import APIServerDouble
import ArgumentParser
import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

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

  @Option(help: "A file of objects to begin with, each as JSON on a line of its own.")
  var objects: String?

  @Flag(help: "Serve HTTPS, and HTTP/2 to those who offer it.")
  var tls = false

  func run() async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.port = port
    if tls {
      configuration.tls = .init(
        certificateChain: TestCertificates.server, privateKey: TestCertificates.serverKey)
    }
    configuration.absentGroups = Set(absentGroup)
    let double = APIServerDouble(configuration)
    if let objects { try await put(objects, into: double) }
    try await double.start()
    if let kubeconfig { try await double.writeKubeconfig(to: kubeconfig) }
    print(await double.url)
    // Whoever reads the URL from a pipe waits for it.
    fflush(nil)
    try await double.waitUntilStopped()
  }

  private func put(_ path: String, into double: APIServerDouble) async throws {
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
      guard let object = JSONValue(json: String(line)) else {
        throw ValidationError("\(path): a line is no JSON: \(line.prefix(80))")
      }
      try await double.put(object)
    }
    // Who watches from before has to list; nobody does.
    await double.forgetHistory()
  }
}
