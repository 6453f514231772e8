import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// Access-log records in OpenTelemetry's protocol.
///
/// Envoy adds the time, the trace and span ids, and `log_name`, `node_name`, `cluster_name` and `zone_name` as resource
/// attributes. All values arrive as strings; an absent one as `-`.
struct OTLPAccessLog {
  /// What stands in the record's body: one line for people, in the order of the common log formats.
  private static let standardBody =
    #""%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% "#
    + #"%BYTES_RECEIVED% %BYTES_SENT% %DURATION% "%REQ(USER-AGENT)%""#

  /// The same facts as an access log in JSON usually holds, under the names of OpenTelemetry's semantic conventions
  /// (HTTP spans, 1.x); what those have no name for is Envoy's, and begins with `envoy.`.
  private static let standardAttributes: [Attribute] = [
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

  /// A name with a format string.
  typealias Attribute = (key: String, format: String)

  private let name: String
  private let destination: TelemetryDestination
  private let gateway: NamespacedName
  /// What an access log of this protocol holds if a policy does not say it.
  var attributes = Self.standardAttributes
  private var values: OTLPValues?

  /// - Parameters:
  ///   - name: the log's name.
  ///   - gateway: becomes `service.name` and `k8s.namespace.name`, as in the spans, so that one finds the other.
  init(name: String, destination: TelemetryDestination, gateway: NamespacedName) {
    self.name = name
    self.destination = destination
    self.gateway = gateway
  }

  /// Takes over what a policy says of the records.
  mutating func apply(_ values: OTLPValues) {
    self.values = values
  }

  var config: Envoy_Extensions_AccessLoggers_OpenTelemetry_V3_OpenTelemetryAccessLogConfig {
    .with {
      if destination.wireProtocol == .otlpHTTP {
        $0.httpService = destination.httpService(path: "/v1/logs")
      } else {
        $0.grpcService = destination.grpcService
      }
      $0.logName = name
      $0.bufferFlushInterval = .init(seconds: 1)
      setContent(&$0)
      $0.disableBuiltinLabels = values?.disablesBuiltinLabels ?? false
      $0.resourceAttributes.values = resourceAttributes
    }
  }

  /// A policy that says what a record holds gets that and no more; another one gets what an access log usually has.
  private func setContent(
    _ config: inout Envoy_Extensions_AccessLoggers_OpenTelemetry_V3_OpenTelemetryAccessLogConfig
  ) {
    if let values, values.body != nil || values.attributes != nil {
      if let body = values.body { config.body = Self.text(body) }
      config.attributes.values = values.attributes ?? []
    } else {
      config.body = Self.text(Self.standardBody)
      config.attributes.values = attributes.map(Self.keyValue)
    }
  }

  /// A policy's own come first, and take the place of ours with the same name.
  private var resourceAttributes: [OTLPValues.KeyValue] {
    let own = values?.resourceAttributes ?? []
    let standard = [("service.name", gateway.name), ("k8s.namespace.name", gateway.namespace)]
    return own + standard.map(Self.keyValue).filter { attribute in !own.contains { $0.key == attribute.key } }
  }

  private static func keyValue(_ attribute: Attribute) -> OTLPValues.KeyValue {
    .with {
      $0.key = attribute.key
      $0.value = text(attribute.format)
    }
  }

  private static func text(_ value: String) -> OTLPValues.AnyValue {
    .with { $0.stringValue = value }
  }
}
