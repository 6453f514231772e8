import ArgumentParser
import OTLPSink
import UnixSignals

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Listens for OTLP and prints what arrives.
@main
struct OTLPSinkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "otlp-sink",
    abstract: "Takes OpenTelemetry spans and log records over OTLP (gRPC and HTTP) and prints one line for each.",
    discussion: "Ends on SIGTERM and SIGINT. What it says about itself goes to standard error.")

  @Option(help: ArgumentHelp("Where to listen for gRPC; port 0 takes a free one.", valueName: "host:port"))
  var address: ListenAddress = ListenAddress(host: "127.0.0.1", port: 4317)

  @Option(help: ArgumentHelp("The port of the same host for HTTP/1.1; 0 takes a free one.", valueName: "port"))
  var httpPort = 0

  @Flag(help: "Print one JSON object on each line instead of text for people.")
  var json = false

  func run() async throws {
    // Caught from the start, so that a signal during the start is not lost.
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    let printsJSON = json
    let sink = try await OTLPSink.start(host: address.host, port: address.port, httpPort: httpPort) { item in
      write(printsJSON ? item.jsonLine : item.textLine, to: STDOUT_FILENO)
    }
    write("otlp-sink: listening on \(address.host):\(sink.port)", to: STDERR_FILENO)
    write("otlp-sink: listening on \(address.host):\(sink.httpPort) for HTTP", to: STDERR_FILENO)
    for await _ in signals { break }
    await sink.stop()
  }
}

/// A `HOST:PORT` argument; the host of an IPv6 address stands in brackets.
struct ListenAddress: ExpressibleByArgument, CustomStringConvertible {
  var host: String
  var port: Int

  init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  init?(argument: String) {
    guard
      let colon = argument.lastIndex(of: ":"),
      let port = UInt16(argument[argument.index(after: colon)...])
    else { return nil }
    var host = argument[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { return nil }
    self.init(host: String(host), port: Int(port))
  }

  var description: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}

/// Writes a line at once, so that a reader of a pipe sees it when it happens.
private func write(_ line: String, to descriptor: CInt) {
  var bytes = Array(line.utf8)[...]
  bytes.append(UInt8(ascii: "\n"))
  while !bytes.isEmpty {
    let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if written > 0 {
      bytes = bytes.dropFirst(written)
    } else if errno != EINTR {
      return
    }
  }
}
