package import EnvoyAPI
import SwiftProtobuf

extension Envoy_Config_Accesslog_V3_AccessLog {
  /// The same log, without the name under which a new version of its listener goes on with the same counts: for
  /// configurations that never get a new version, and for `envoy --mode validate`, which crashes on such a name (Envoy
  /// 1.40; a real start does not).
  ///
  /// - Throws: SwiftProtobuf's error if the log is damaged.
  package func withoutSharedCounts() throws -> Self {
    guard typedConfig.isA(StatsLog.self) else { return self }
    var (log, config) = (self, try StatsLog(unpackingAny: typedConfig))
    config.statsScope.sharingName = ""
    log.typedConfig = Google_Protobuf_Any(packing: config)
    return log
  }
}
