import ArgumentParser
import Controller
import FoundationEssentials
import Glibc
import Translator

/// Which manifests a command reads.
struct ManifestOptions: ParsableArguments {
  @Option(
    name: [.customShort("f"), .customLong("filename")],
    help: "A file or folder of manifests (.yaml, .yml, .json); - for standard input.")
  var path: String

  func validate() throws {
    guard path == "-" || FileManager.default.fileExists(atPath: path) else {
      throw ValidationError("-f \(path): there is no such file or folder")
    }
  }

  /// Reads and judges them all.
  func check(_ settings: TranslatorSettings) throws -> ManifestCheck {
    let builtIn = StandaloneCommand.gatewayClasses
    guard path == "-" else {
      return ManifestCheck(root: path, builtIn: builtIn, settings: settings, others: \.deploymentProblems)
    }
    let file = ManifestFile(path: "standard input", bytes: try StandardInput.read())
    return ManifestCheck(file: file, builtIn: builtIn, settings: settings, others: \.deploymentProblems)
  }
}

/// What is piped into a command.
enum StandardInput {
  /// More than any cluster's objects of the kinds that are read.
  private static let maximumLength = 1 << 30

  /// All of it.
  ///
  /// - Throws: if it cannot be read, or is longer than a command should take in.
  static func read() throws -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = buffer.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw ValidationError("-f -: standard input cannot be read: \(String(cString: strerror(errno)))")
      }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= maximumLength else { throw ValidationError("-f -: standard input is longer than 1 GiB") }
    }
  }
}

/// What a command says beside its output.
enum StandardError {
  static func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    // What cannot be written to standard error cannot be told anyone.
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
