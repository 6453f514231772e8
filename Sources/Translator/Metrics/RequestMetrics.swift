import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// The metrics of all requests: `agentgateway_http_requests_total` and its like, and `agentgateway_active_connections`.
enum RequestMetrics {
  /// One access logger for all that a request adds to. The number of its series is bounded by the configuration: by the
  /// listeners, routes and backends, the known methods, and the statuses that backends answer with.
  static func accessLog(_ logger: StatsLogger) -> Envoy_Config_Accesslog_V3_AccessLog {
    let backend = StatsLogger.tag(MetricTag.backend, StatsLogger.orNone("UPSTREAM_CLUSTER"))
    return logger.log(
      "http",
      counters: [
        .with {
          $0.stat = logger.stat(
            MetricName.requests,
            [backend, method, StatsLogger.tag(MetricTag.status, "%RESPONSE_CODE%")])
          $0.valueFixed = 1
        },
        .with {
          $0.stat = logger.stat(MetricName.bytesReceived, [backend])
          $0.valueFormat = "%BYTES_RECEIVED%"
        },
        .with {
          $0.stat = logger.stat(MetricName.bytesSent, [backend])
          $0.valueFormat = "%BYTES_SENT%"
        },
      ],
      histograms: [
        .with {
          $0.stat = logger.stat(MetricName.requestDuration, [backend])
          $0.unit = .percent
          $0.valueFormat = StatsLogger.durationInSeconds
        }
      ],
      // The listener's own answers to health checks are no traffic.
      filter: .with { $0.notHealthCheckFilter = .init() })
  }

  /// A client may send any word as a method, and what is no request has none.
  private static let method = StatsLogger.tag(
    MetricTag.method, "%CEL(has(request.method) && request.method in [\(knownMethods)] ? request.method : 'other')%")

  /// RFC 9110, section 9, and PATCH (RFC 5789).
  private static let knownMethods = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
  ].map { "'\($0)'" }.joined(separator: ",")

  /// Counts the open connections of a listener, in front of what reads from them.
  static func connectionFilter(listener: String) -> Envoy_Config_Listener_V3_Filter {
    let config = Envoy_Extensions_Filters_Network_ConnectionLimit_V3_ConnectionLimit.with {
      $0.statPrefix = ProxyStatistics.connectionPrefix(listener: listener)
      // It must have a limit. That on all connections of a proxy is the overload manager's.
      $0.maxConnections = .init(UInt64.max)
    }
    return .with {
      $0.name = "envoy.filters.network.connection_limit"
      $0.typedConfig = Google_Protobuf_Any(packing: config)
    }
  }
}
