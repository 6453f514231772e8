import Controller
import EnvoyAPI
import FoundationEssentials
import Subprocess
import SwiftProtobuf
import SystemPackage
import Translator

/// Has an Envoy check listeners: `envoy --mode validate`, which loads a configuration and serves nothing.
struct EnvoyValidator: ConfigurationValidator {
  /// Path of the binary.
  let envoy: String
  /// Whether the proxies have the same files as this process. If not, the files of access logs are not looked at: their
  /// folders may well be there where the proxies run.
  let sharesFiles: Bool
  /// How long a check may take.
  var timeout = Duration.seconds(10)

  func verdict(on candidate: ListenerCandidate) async -> ValidationVerdict {
    do {
      var candidate = candidate
      try candidate.listener.prepareAccessLogs(files: sharesFiles ? nil : "/dev/null")
      let bytes: Data = try candidate.bootstrap().serializedBytes()
      // Only the name's end tells Envoy the form of the file. Credentials may be in it.
      let file = FileManager.default.temporaryDirectory.appending(path: "kgateway-validate-\(UUID().uuidString).pb")
        .path
      // Before it is made: on a full disk a part of it is there, although it could not be written.
      defer { try? FileManager.default.removeItem(atPath: file) }
      guard FileManager.default.createFile(atPath: file, contents: bytes, attributes: [.posixPermissions: 0o600])
      else { return .unavailable("cannot write \(file)") }
      return try await run(file)
    } catch {
      return .unavailable("cannot run \(envoy): \(error)")
    }
  }

  private func run(_ file: String) async throws -> ValidationVerdict {
    let configuration = Subprocess.Configuration(
      executable: .path(FilePath(envoy)),
      arguments: [
        "--mode", "validate", "-c", file, "--concurrency", "1", "--disable-hot-restart", "--log-level", "critical",
        "--log-format", "%v",
      ])
    return try await withThrowingTaskGroup { group in
      group.addTask {
        let result = try await Subprocess.run(
          configuration, input: .none, output: .discarded, error: .string(limit: 256 * 1024))
        return Self.verdict(result.terminationStatus, output: result.standardError, file: file)
      }
      group.addTask {
        try await Task.sleep(for: timeout)
        return .unavailable("\(envoy) took longer than \(timeout)")
      }
      let first = try await group.next() ?? .unavailable("\(envoy) was not run")
      group.cancelAll()
      return first
    }
  }

  /// Reads what Envoy wrote: `error initializing configuration 'FILE': REASON`.
  static func verdict(_ status: TerminationStatus, output: String, file: String) -> ValidationVerdict {
    if status.isSuccess { return .accepted }
    let mark = "error initializing configuration '\(file)': "
    guard case .exited = status, let range = output.firstRange(of: mark) else {
      return .unavailable("envoy --mode validate ended with \(status): \(output.suffix(500))")
    }
    var reason = output[range.upperBound...]
    while reason.last?.isWhitespace == true { reason.removeLast() }
    return .refused(String(reason.prefix(4096)))
  }
}

private typealias HTTPConnectionManager =
  Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager
private typealias FileAccessLog = Envoy_Extensions_AccessLoggers_File_V3_FileAccessLog

extension Envoy_Config_Listener_V3_Listener {
  /// Takes out of the access logs what cannot be checked.
  ///
  /// - Parameter files: where logs to files go; nil: where they go anyway.
  /// - Throws: SwiftProtobuf's error if the listener is damaged.
  fileprivate mutating func prepareAccessLogs(files path: String?) throws {
    for chain in filterChains.indices {
      for filter in filterChains[chain].filters.indices {
        let packed = filterChains[chain].filters[filter].typedConfig
        guard packed.isA(HTTPConnectionManager.self) else { continue }
        var manager = try HTTPConnectionManager(unpackingAny: packed)
        manager.accessLog = try manager.accessLog.map { try $0.withoutSharedCounts() }
        for index in manager.accessLog.indices where manager.accessLog[index].typedConfig.isA(FileAccessLog.self) {
          guard let path else { continue }
          var log = try FileAccessLog(unpackingAny: manager.accessLog[index].typedConfig)
          log.path = path
          manager.accessLog[index].typedConfig = try Google_Protobuf_Any(message: log)
        }
        filterChains[chain].filters[filter].typedConfig = try Google_Protobuf_Any(message: manager)
      }
    }
  }
}
