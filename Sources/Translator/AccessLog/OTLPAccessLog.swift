import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// Access-log records in OpenTelemetry's protocol.
///
/// Envoy adds the time, the trace and span ids, and `log_name`, `node_name`, `cluster_name` and `zone_name` as resource
/// attributes. All values arrive as strings; an absent one as `-`.
enum OTLPAccessLog {
  /// What stands in the record's body: one line for people, in the order of the common log formats.
  private static let body =
    #""%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% "#
    + #"%BYTES_RECEIVED% %BYTES_SENT% %DURATION% "%REQ(USER-AGENT)%""#

  /// The same facts as an access log in JSON usually holds, under the names of OpenTelemetry's semantic conventions
  /// (HTTP spans, 1.x); what those have no name for is Envoy's, and begins with `envoy.`.
  private static let attributes = [
    ("http.request.header.x-request-id", "%REQ(X-REQUEST-ID)%"),
    ("http.request.method", "%REQ(:METHOD)%"),
    ("url.path", "%PATH(NQ)%"),
    ("url.query", "%QUERY_PARAMS%"),
    ("server.address", "%REQ(:AUTHORITY)%"),
    ("client.address", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
    ("network.protocol.name", "http"),
    (
      "network.protocol.version",
      "%CEL(request.protocol == 'HTTP/1.1' ? '1.1' : request.protocol == 'HTTP/2' ? '2'"
        + " : request.protocol == 'HTTP/3' ? '3' : '1.0')%"
    ),
    ("http.response.status_code", "%RESPONSE_CODE%"),
    ("http.request.body.size", "%BYTES_RECEIVED%"),
    ("http.response.body.size", "%BYTES_SENT%"),
    ("user_agent.original", "%REQ(USER-AGENT)%"),
    ("envoy.duration_ms", "%DURATION%"),
    ("envoy.response_flags", "%RESPONSE_FLAGS%"),
    ("envoy.route_name", "%ROUTE_NAME%"),
    ("envoy.upstream_cluster", "%UPSTREAM_CLUSTER%"),
    ("envoy.upstream_host", "%UPSTREAM_HOST%"),
  ]

  /// - Parameters:
  ///   - name: the log's name.
  ///   - gateway: becomes `service.name` and `k8s.namespace.name`, as in the spans, so that one finds the other.
  static func config(
    name: String, cluster: Envoy_Config_Cluster_V3_Cluster, gateway: NamespacedName
  ) -> Envoy_Extensions_AccessLoggers_OpenTelemetry_V3_OpenTelemetryAccessLogConfig {
    .with {
      $0.grpcService = TelemetryCluster.grpcService(cluster)
      $0.logName = name
      $0.bufferFlushInterval = .init(seconds: 1)
      $0.body = text(body)
      $0.attributes.values = keyValues(attributes)
      $0.resourceAttributes.values = keyValues([
        ("service.name", gateway.name), ("k8s.namespace.name", gateway.namespace),
      ])
    }
  }

  private static func keyValues(_ pairs: [(String, String)]) -> [Opentelemetry_Proto_Common_V1_KeyValue] {
    pairs.map { pair in
      .with {
        $0.key = pair.0
        $0.value = text(pair.1)
      }
    }
  }

  private static func text(_ value: String) -> Opentelemetry_Proto_Common_V1_AnyValue {
    .with { $0.stringValue = value }
  }
}
