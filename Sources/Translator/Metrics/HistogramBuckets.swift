import EnvoyAPI
import SwiftProtobuf

/// The upper bounds of the proxies' histograms, in seconds.
///
/// Envoy writes the decimals of a bound as its binary form has them, so that only sums of powers of two come out as short
/// as they are here: 0.05 would be `0.050000000000000003`.
enum HistogramBuckets {
  /// For requests: 2 ms to a minute. Envoy measures whole milliseconds.
  static let request: [Double] = [
    0.001953125, 0.00390625, 0.0078125, 0.015625, 0.03125, 0.0625, 0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64,
  ]

  /// For answers of LLMs: 0.1 s to five minutes. It has the 10 s which the guide's alert asks for.
  static let languageModel: [Double] = [
    0.0625, 0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 10, 12, 16, 24, 32, 48, 64, 128, 256,
  ]

  /// For a bootstrap.
  static var settings: [Envoy_Config_Metrics_V3_HistogramBucketSettings] {
    [
      (MetricName.requestDuration, request),
      (MetricName.languageModelLatency, languageModel),
      (MetricName.languageModelTimeToFirstToken, languageModel),
    ]
    .map { name, buckets in
      .with {
        // The values of the labels follow the name.
        $0.match.prefix = "\(ProxyStatistics.scope).\(name)"
        $0.buckets = buckets
      }
    }
  }
}
