import FoundationEssentials
import Glibc

/// Finds the Envoy that standalone mode starts, and the one that checks listeners.
enum EnvoyBinary {
  /// Why there is none; the message says what to do.
  struct NotFound: Error, CustomStringConvertible {
    let description: String
  }

  /// - Parameter path: what the user gave; nil to look in `PATH`.
  static func locate(_ path: String?) throws(NotFound) -> String {
    if let path {
      guard isExecutable(path) else {
        throw NotFound(description: "there is no executable Envoy at \(path); correct --envoy, or use --no-envoy")
      }
      return path
    }
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    if let found = folders.lazy.map({ "\($0)/envoy" }).first(where: isExecutable) { return found }
    throw NotFound(
      description:
        "no 'envoy' was found in PATH; name one with --envoy PATH, or use --no-envoy to serve proxies started elsewhere"
    )
  }

  /// The Envoy that checks listeners.
  static func forValidation(_ path: String) throws(NotFound) -> String {
    guard isExecutable(path) else {
      throw NotFound(
        description: "there is no executable Envoy at \(path); correct --validate-with-envoy, or leave it out")
    }
    return path
  }

  private static func isExecutable(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }
}
