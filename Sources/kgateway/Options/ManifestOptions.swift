import ArgumentParser
import Controller
import FoundationEssentials
import Glibc
import Translator

/// Which manifests a command reads.
struct ManifestOptions: ParsableArguments {
  @Option(
    name: [.customShort("f"), .customLong("filename")], help: "A file or folder of manifests (.yaml, .yml, .json).")
  var path: String

  func validate() throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw ValidationError("-f \(path): there is no such file or folder")
    }
  }

  /// Reads and judges them all.
  func check(_ settings: TranslatorSettings) -> ManifestCheck {
    ManifestCheck(root: path, builtIn: StandaloneCommand.gatewayClasses, settings: settings)
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
