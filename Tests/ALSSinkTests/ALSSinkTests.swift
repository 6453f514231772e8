import ALSSink
import RealComponents
import Testing

/// The sink with the real Envoy as its client.
@Suite("The access log service's sink and Envoy")
struct ALSSinkTests {
  @Test("Envoy's entries arrive, with who sent them and what the log was told to add")
  func entries() async throws {
    try await withEnvoy { sink, ports in
      try await request(ports.proxy)
      let entry = try #require(try await sink.waitForEntries { $0.path == "/hello" }.first)
      #expect(entry.logName == "requests")
      #expect(entry.method == "POST")
      #expect(entry.authority == "127.0.0.1:\(ports.proxy)")
      #expect(entry.responseCode == 200)
      #expect(entry.responseCodeDetails == "via_upstream")
      #expect(entry.userAgent == "sink-test/1")
      #expect(entry.requestHeaders == ["x-asked": "yes"])
      #expect(entry.responseHeaders == ["x-answered": "too"])
      #expect(entry.routeName == "to-upstream")
      #expect(entry.upstreamCluster == "upstream")
      #expect(entry.customTags == ["stage": "test"])

      let stream = try #require(sink.streams.first { $0.entryCount > 0 })
      #expect(stream.logName == "requests")
      #expect(stream.nodeID == "proxy-1")
      #expect(stream.nodeCluster == "shop/edge")
      #expect(stream.metadata[":authority"] == "logs.example")
      #expect(stream.metadata[":path"] == "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs")
      #expect(stream.metadata["x-tenant"] == "blue")
      #expect(stream.metadata["x-envoy-internal"] == "true")
    }
  }

  @Test("what goes with a call that is refused on purpose is lost, and Envoy makes a new call for the next entry")
  func refusal() async throws {
    try await withEnvoy { sink, ports in
      sink.refuse(next: 2)
      // Two messages: a refused call takes with it what has been sent on it.
      for count in 1...2 {
        try await request(ports.proxy)
        try await eventually("call \(count) is refused") { sink.refusedCalls == count }
      }
      try await request(ports.proxy, count: 2)
      try await sink.waitForEntries { $0.path == "/hello/1" }
      #expect(sink.entries.map(\.path) == ["/hello/0", "/hello/1"])
      #expect(sink.refusedCalls == 2)
      #expect(sink.streams.map(\.logName) == ["requests"])
    }
  }

  @Test("Envoy's retry policy is for connections that fail: a sink that begins to listen later loses nothing")
  func lateSink() async throws {
    let port = try LoopbackPorts.free()
    try await withEnvoy(sinkAt: port) { ports in
      try await request(ports.proxy)
      try await eventually("Envoy tries again", within: .seconds(10), every: .milliseconds(100)) {
        let stats = try await get(ports.admin, "/stats?filter=cluster.sink.upstream_rq_retry$")
        return stats.contains("upstream_rq_retry:") && !stats.contains("upstream_rq_retry: 0")
      }
      let sink = try await ALSSink.start(port: port)
      try await sink.waitForEntries { $0.path == "/hello" }
      await sink.stop()
    }
  }

  @Test("a wait in vain tells what came instead, and only the newest are kept")
  func waitInVain() async throws {
    try await withEnvoy(capacity: 10) { sink, ports in
      try await request(ports.proxy, count: 30)
      try await sink.waitForEntries { $0.path == "/hello/29" }
      #expect((8...10).contains(sink.entries.count))
      let error = await #expect(throws: ALSSink.NothingCame.self) {
        try await sink.waitForEntries(within: .milliseconds(20)) { $0.path == "/never" }
      }
      #expect(error?.description.contains("1 streams, 0 refused calls") == true)
      sink.removeAll()
      #expect(sink.entries.isEmpty && sink.streams.isEmpty)
    }
  }

  // MARK: The bed

  private struct Ports {
    let proxy: Int, upstream: Int, admin: Int
  }

  private func withEnvoy(capacity: Int = 1_000, _ body: (ALSSink, Ports) async throws -> Void) async throws {
    let sink = try await ALSSink.start(capacity: capacity)
    try await withEnvoy(sinkAt: sink.port) { try await body(sink, $0) }
    await sink.stop()
  }

  private func withEnvoy(sinkAt sinkPort: Int, _ body: (Ports) async throws -> Void) async throws {
    let ports = Ports(
      proxy: try LoopbackPorts.free(), upstream: try LoopbackPorts.free(), admin: try LoopbackPorts.free())
    let envoy = try RealComponent.envoy.path()
    try await withTemporaryFolder { folder in
      let bootstrap = try folder.write(Self.bootstrap(ports, sink: sinkPort), to: "envoy.yaml")
      let arguments = ["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "warning", "-c", bootstrap]
      try await withProcess(envoy, arguments) { _ in
        try await eventually("Envoy serves", within: .seconds(20), every: .milliseconds(200)) {
          // The upstream does not log.
          try await request(ports.upstream)
          return true
        }
        try await body(ports)
      }
    }
  }

  /// POSTs with Python: to `/hello`, or that often to `/hello/0` and so on.
  private func request(_ port: Int, count: Int = 1) async throws {
    let program = """
      import http.client, sys
      port, count = int(sys.argv[1]), int(sys.argv[2])
      connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
      for number in range(count):
          path = "/hello" if count == 1 else f"/hello/{number}"
          connection.request("POST", path, headers={"user-agent": "sink-test/1", "x-asked": "yes"})
          answer = connection.getresponse()
          answer.read()
          assert answer.status == 200, answer.status
      """
    try await outputOfCommand(try RealComponent.python.path(), ["-c", program, "\(port)", "\(count)"])
  }

  private func get(_ port: Int, _ path: String) async throws -> String {
    let program = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"
    return try await outputOfCommand(
      try RealComponent.python.path(), ["-c", program, "http://127.0.0.1:\(port)\(path)"])
  }

  private static func bootstrap(_ ports: Ports, sink: Int) -> String {
    """
    admin:
      address: {socket_address: {address: 127.0.0.1, port_value: \(ports.admin)}}
    node: {id: proxy-1, cluster: shop/edge}
    static_resources:
      listeners:
      - name: proxy
        address: {socket_address: {address: 127.0.0.1, port_value: \(ports.proxy)}}
        filter_chains:
        - filters:
          - name: http
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: proxy
              access_log:
              - name: als
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig
                  common_config:
                    log_name: requests
                    transport_api_version: V3
                    grpc_service:
                      envoy_grpc: {cluster_name: sink, authority: logs.example}
                      initial_metadata: [{key: x-tenant, value: blue}]
                    buffer_flush_interval: 0.05s
                    grpc_stream_retry_policy: {num_retries: 20, retry_back_off: {base_interval: 0.3s, max_interval: 1s}}
                    custom_tags: [{tag: stage, literal: {value: test}}]
                  additional_request_headers_to_log: [x-asked]
                  additional_response_headers_to_log: [x-answered]
              route_config:
                virtual_hosts:
                - name: all
                  domains: ["*"]
                  routes:
                  - {name: to-upstream, match: {prefix: /}, route: {cluster: upstream}}
              http_filters: &router
              - name: router
                typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
      - name: upstream
        address: {socket_address: {address: 127.0.0.1, port_value: \(ports.upstream)}}
        filter_chains:
        - filters:
          - name: http
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: upstream
              route_config:
                virtual_hosts:
                - name: all
                  domains: ["*"]
                  routes:
                  - match: {prefix: /}
                    direct_response: {status: 200, body: {inline_string: hello}}
                    response_headers_to_add: [{header: {key: x-answered, value: too}}]
              http_filters: *router
      clusters:
      - name: upstream
        load_assignment:
          cluster_name: upstream
          endpoints:
          - lb_endpoints:
            - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: \(ports.upstream)}}}
      - name: sink
        typed_extension_protocol_options:
          envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
            "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
            explicit_http_config: {http2_protocol_options: {}}
        load_assignment:
          cluster_name: sink
          endpoints:
          - lb_endpoints:
            - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: \(sink)}}}
    """
  }
}
