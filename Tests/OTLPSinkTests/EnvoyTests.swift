import OTLPSink
import RealComponents
import Testing

/// The sink, and so the gRPC server below it, with the real Envoy as its client.
@Suite("The OTLP sink and Envoy")
struct EnvoyTests {
  private static let caller = (traceID: "4bf92f3577b34da6a3ce929d0e0e4736", spanID: "00f067aa0ba902b7")

  @Test(
    "Envoy's spans and log records arrive, over a connection that its keepalive probes all the time, or over HTTP",
    arguments: [OTLPRequest.Transport.grpc, .http])
  func exports(over transport: OTLPRequest.Transport) async throws {
    let sink = try await OTLPSink.start()
    let (port, admin) = (try LoopbackPorts.free(), try LoopbackPorts.free())
    let envoy = try RealComponent.envoy.path()
    try await withTemporaryFolder { folder in
      let bootstrap = try folder.write(
        Self.bootstrap(port: port, admin: admin, sink: sink, transport), to: "envoy.yaml")
      let arguments = ["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "warning", "-c", bootstrap]
      try await withProcess(envoy, arguments) { _ in
        try await eventually("Envoy serves", within: .seconds(20), every: .milliseconds(200)) {
          try await get("http://127.0.0.1:\(port)/ready")
          return true
        }
        try await get("http://127.0.0.1:\(port)/hello")

        let span = try #require(
          try await sink.waitForSpans(1) { $0.attributes["http.url"]?.string?.hasSuffix("/hello") == true }.first)
        #expect(span.serviceName == "sink-test")
        #expect(span.traceID == Self.caller.traceID)
        #expect(span.parentSpanID == Self.caller.spanID)
        #expect(span.attributes["http.status_code"] == "200")

        let record = try #require(try await sink.waitForLogRecords(1) { $0.body == "GET /hello 200" }.first)
        #expect(record.logName == "otel_access_log")
        #expect(record.traceID == Self.caller.traceID)
        #expect(record.spanID == span.spanID)
        #expect(record.attributes == ["code": "200"])

        for kind in ["trace", "log"] {
          let request = try #require(await sink.requests.first { $0.path.contains(kind) })
          #expect(request.transport == transport)
          #expect(request.headers[":authority"] == "\(kind)s.example")
          #expect(request.headers["x-tenant"] == "blue")
          #expect(
            request.headers["content-type"] == (transport == .grpc ? "application/grpc" : "application/x-protobuf"))
        }

        // Plain HTTP/1.1 has no keepalive to survive.
        guard transport == .grpc else { return }
        // Envoy's tracer exports every five seconds, so its ten pings a second have been fifty by now.
        let lost = try await get(
          "http://127.0.0.1:\(admin)/stats?filter=cluster.sink.*(keepalive_timeout|destroy_remote)")
        #expect(lost.contains("keepalive_timeout: 0"))
        #expect(lost.contains("upstream_cx_destroy_remote: 0"))
      }
    }
    await sink.stop()
  }

  /// Fetches with Python, with the caller's trace context.
  @discardableResult
  private func get(_ url: String) async throws -> String {
    let program = """
      import sys, urllib.request
      request = urllib.request.Request(sys.argv[1], headers={"traceparent": sys.argv[2]})
      print(urllib.request.urlopen(request, timeout=5).read().decode())
      """
    let context = "00-\(Self.caller.traceID)-\(Self.caller.spanID)-01"
    return try await outputOfCommand(try RealComponent.python.path(), ["-c", program, url, context])
  }

  private static func grpcService(_ kind: String) -> String {
    "grpc_service: {envoy_grpc: {cluster_name: sink, authority: \(kind).example}, timeout: 5s, "
      + "initial_metadata: [{key: x-tenant, value: blue}]}"
  }

  private static func httpService(_ kind: String) -> String {
    "http_service: {http_uri: {uri: \"http://\(kind).example/v1/\(kind)\", cluster: sink, timeout: 5s}, "
      + "request_headers_to_add: [{header: {key: x-tenant, value: blue}}]}"
  }

  private static func bootstrap(port: Int, admin: Int, sink: OTLPSink, _ transport: OTLPRequest.Transport) -> String {
    let (traces, logs, options) =
      switch transport {
      case .grpc:
        (
          grpcService("traces"), grpcService("logs"),
          "http2_protocol_options: {connection_keepalive: {interval: 0.1s, timeout: 5s}}"
        )
      case .http: (httpService("traces"), httpService("logs"), "http_protocol_options: {}")
      }
    return """
      admin:
        address: {socket_address: {address: 127.0.0.1, port_value: \(admin)}}
      static_resources:
        listeners:
        - name: http
          address: {socket_address: {address: 127.0.0.1, port_value: \(port)}}
          filter_chains:
          - filters:
            - name: http
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: http
                tracing:
                  provider:
                    name: envoy.tracers.opentelemetry
                    typed_config:
                      "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
                      \(traces)
                      service_name: sink-test
                access_log:
                - name: otlp
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig
                    \(logs)
                    log_name: otel_access_log
                    buffer_flush_interval: 0.1s
                    body: {string_value: "%REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE%"}
                    attributes: {values: [{key: code, value: {string_value: "%RESPONSE_CODE%"}}]}
                route_config:
                  virtual_hosts:
                  - name: all
                    domains: ["*"]
                    routes:
                    - match: {prefix: /}
                      direct_response: {status: 200, body: {inline_string: hello}}
                http_filters:
                - name: router
                  typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
        clusters:
        - name: sink
          type: STATIC
          typed_extension_protocol_options:
            envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
              "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
              explicit_http_config:
                \(options)
          load_assignment:
            cluster_name: sink
            endpoints:
            - lb_endpoints:
              - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: \(transport == .grpc ? sink.port : sink.httpPort)}}}
      """
  }
}
