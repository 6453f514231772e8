import EnvoyAPI
import SwiftProtobuf

/// The metrics of calls to LLMs: `agentgateway_llm_requests_total` and its like, out of what the script noted.
///
/// A logger writes an error for each value that a request does not have; so there is one for each value that not every call
/// has, which looks only at requests with it.
enum LanguageModelMetrics {
  private typealias Key = LanguageModelScript.Key

  static func accessLogs(_ logger: StatsLogger) -> [Envoy_Config_Accesslog_V3_AccessLog] {
    [calls(logger), errors(logger), timeToFirstToken(logger)]
      + [
        ("input", Key.inputTokens), ("output", Key.outputTokens),
        ("cache_read", Key.cacheReadTokens), ("cache_write", Key.cacheWriteTokens),
      ].map { type, key in tokens(logger, type: type, key: key) }
  }

  private static func calls(_ logger: StatsLogger) -> Envoy_Config_Accesslog_V3_AccessLog {
    logger.log(
      "llm",
      counters: [
        .with {
          $0.stat = logger.stat(MetricName.languageModelRequests, model + [status])
          $0.valueFixed = 1
        }
      ],
      histograms: [
        .with {
          $0.stat = logger.stat(MetricName.languageModelLatency, model)
          $0.unit = .percent
          $0.valueFormat = StatsLogger.durationInSeconds
        }
      ],
      filter: has(Key.provider))
  }

  private static func errors(_ logger: StatsLogger) -> Envoy_Config_Accesslog_V3_AccessLog {
    logger.log(
      "llm-errors",
      counters: [
        .with {
          $0.stat = logger.stat(
            MetricName.languageModelErrors, model + [status, StatsLogger.tag(MetricTag.error, value(Key.error))])
          $0.valueFixed = 1
        }
      ],
      filter: has(Key.error))
  }

  private static func tokens(
    _ logger: StatsLogger, type: String, key: String
  ) -> Envoy_Config_Accesslog_V3_AccessLog {
    logger.log(
      "llm-\(type)-tokens",
      counters: [
        .with {
          $0.stat = logger.stat(MetricName.languageModelTokens, model + [StatsLogger.tag(MetricTag.type, type)])
          $0.valueFormat = value(key)
        }
      ],
      filter: has(key))
  }

  private static func timeToFirstToken(_ logger: StatsLogger) -> Envoy_Config_Accesslog_V3_AccessLog {
    logger.log(
      "llm-first-token",
      histograms: [
        .with {
          $0.stat = logger.stat(MetricName.languageModelTimeToFirstToken, model)
          $0.unit = .percent
          $0.valueFormat = value(Key.timeToFirstToken)
        }
      ],
      filter: has(Key.timeToFirstToken))
  }

  // MARK: What the script noted

  private static let model = [
    StatsLogger.tag(MetricTag.provider, value(Key.provider)), StatsLogger.tag(MetricTag.model, value(Key.model)),
  ]

  private static let status = StatsLogger.tag(MetricTag.status, "%RESPONSE_CODE%")

  private static func value(_ key: String) -> String {
    "%DYNAMIC_METADATA(\(LanguageModelScript.metadataNamespace):\(key))%"
  }

  private static func has(_ key: String) -> Envoy_Config_Accesslog_V3_AccessLogFilter {
    .with {
      $0.metadataFilter.matcher.filter = LanguageModelScript.metadataNamespace
      $0.metadataFilter.matcher.path = [.with { $0.key = key }]
      $0.metadataFilter.matcher.value.presentMatch = true
      $0.metadataFilter.matchIfKeyNotFound = false
    }
  }
}
