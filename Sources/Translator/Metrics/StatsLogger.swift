import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

typealias StatsLog = Envoy_Extensions_AccessLoggers_Stats_V3_Config

/// Makes the access loggers that count instead of writing.
struct StatsLogger {
  /// The Envoy listener: its name is a label's value, and part of the name under which a new version of it goes on with
  /// the same counts.
  let listener: String
  let gateway: NamespacedName
  let labels: [MetricsSettings.Label]

  /// With labels whose values nobody can know beforehand, at most this many series are kept of a metric that counts, and
  /// of one that measures times; further values are not counted. A proxy's memory is not for clients to fill.
  static let maximumOpenCounters: UInt32 = 10_000
  static let maximumOpenHistograms: UInt32 = 1_000

  /// The labels that all metrics of requests have, before those of the metric itself.
  private var commonTags: [StatsLog.Tag] {
    [
      Self.tag(MetricTag.namespace, gateway.namespace), Self.tag(MetricTag.gateway, gateway.name),
      Self.tag(MetricTag.listener, listener), Self.tag(MetricTag.route, Self.orNone("ROUTE_NAME")),
    ]
  }

  /// A metric with its labels: the common ones, its own, and those of policies.
  func stat(_ name: String, _ tags: [StatsLog.Tag] = []) -> StatsLog.Stat {
    .with {
      $0.name = name
      $0.tags = commonTags + tags + labels.map { Self.tag($0.name, $0.format) }
    }
  }

  /// What an operator gives, or `none`: a label without a value is no label to Prometheus, and hard to see for people.
  static func orNone(_ name: String) -> String {
    #"%COALESCE({"operators":["\#(name)",{"command":"CEL","param":"'none'"}]})%"#
  }

  static func tag(_ name: String, _ format: String) -> StatsLog.Tag {
    .with {
      $0.name = name
      $0.valueFormat = format
    }
  }

  /// A logger for metrics that are counted together.
  ///
  /// - Parameters:
  ///   - group: unlike that of any other logger of the listener.
  ///   - filter: which requests it is for; nil: all.
  func log(
    _ group: String, counters: [StatsLog.Counter] = [], histograms: [StatsLog.Histogram] = [],
    filter: Envoy_Config_Accesslog_V3_AccessLogFilter? = nil
  ) -> Envoy_Config_Accesslog_V3_AccessLog {
    let config = StatsLog.with {
      $0.statsScope = scope(group, counters: counters.count, histograms: histograms.count)
      $0.counters = counters
      $0.histograms = histograms
    }
    return .with {
      $0.name = "envoy.access_loggers.stats"
      $0.typedConfig = Google_Protobuf_Any(packing: config)
      if let filter { $0.filter = filter }
    }
  }

  private func scope(_ group: String, counters: Int, histograms: Int) -> Envoy_Type_V3_Scope {
    .with {
      $0.prefix = ProxyStatistics.scope
      $0.enableEviction = true
      let isOpen = !labels.allSatisfy(\.isClosed)
      if isOpen {
        $0.maxCounters = .init(UInt32(counters) * Self.maximumOpenCounters)
        $0.maxHistograms = .init(UInt32(histograms) * Self.maximumOpenHistograms)
      }
      // A new version of a listener goes on counting where the last one was.
      $0.sharingName = "\(listener)/\(group)\(isOpen ? "/limited" : "")"
    }
  }

  /// Seconds, as Prometheus wants them. Envoy's histograms know milliseconds; only those of the unit percent keep
  /// fractions. Half a millisecond makes up for the part that Envoy's own clock cuts off.
  static let durationInSeconds =
    "%CEL(double(request.duration.getSeconds()) + (double(request.duration.getMilliseconds()) + 0.5) / 1000.0)%"
}
