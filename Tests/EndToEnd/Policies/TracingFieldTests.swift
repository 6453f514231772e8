import OTLPSink
import RealComponents
import Testing

extension EndToEnd {
  @Suite("tracing of policies on the real Envoy")
  struct TracingFields {
    private static func span(_ path: String, in bed: PolicyBed) async throws -> OTLPSpan {
      try await bed.otlp.waitForSpans { $0.kind == .server && isOf(path, $0) }[0]
    }

    private static func isOf(_ path: String, _ span: OTLPSpan) -> Bool {
      span.attributes["http.url"] == .string("http://shop.example" + path)
    }

    @Test("the collector of spans can be an address, a static cluster or a Service, also a granted one")
    func providers() async throws {
      try await PolicyBed.run([
        "static": "tracing: {provider: {openTelemetry: {grpcService: {staticClusterName: otlp}}}}",
        "own": "tracing: {provider: {openTelemetry: {grpcService: {backendRef: {name: otlp, port: 4317}}}}}",
        "granted": """
        tracing:
          provider:
            openTelemetry:
              grpcService:
                backendRef: {group: "", kind: Service, name: otlp, namespace: telemetry, port: 4317, weight: 1}
              serviceName: the-edge
        """,
      ]) { bed in
        for (name, service) in [("static", "static"), ("own", "own"), ("granted", "the-edge")] {
          try await bed.send(name, "/\(name)")
          let span = try await Self.span("/\(name)", in: bed)
          #expect(span.serviceName == service)
        }
        let requests = await bed.otlp.requests
        #expect(requests.allSatisfy { $0.path.hasSuffix(".trace.v1.TraceService/Export") && $0.transport == .grpc })
      }
    }

    @Test("spans go over HTTP where the static cluster or the Service's port says so, with the same settings")
    func overHTTP() async throws {
      try await PolicyBed.run([
        "static": """
        tracing:
          provider:
            openTelemetry:
              grpcService:
                staticClusterName: otlp-http
                authority: spans.example
                initialMetadata: [{key: X-Tenant, value: blue}, {key: x-operator, value: "%PROTOCOL% 100%%"}]
                timeout: 3s
        """,
        "name": """
        tracing: {provider: {openTelemetry: {grpcService: {backendRef: {name: otlp-by-port-name, port: 4318}}}}}
        """,
        "protocol": """
        tracing:
          provider:
            openTelemetry:
              grpcService: {backendRef: {name: otlp-by-protocol, namespace: telemetry, port: 4318}}
        """,
      ]) { bed in
        let hosts = [
          "static": "spans.example", "name": "otlp-by-port-name.shop:4318",
          "protocol": "otlp-by-protocol.telemetry:4318",
        ]
        for (name, host) in hosts {
          try await bed.send(name, "/\(name)")
          _ = try await Self.span("/\(name)", in: bed)
          let request = try #require(await bed.otlp.requests.last)
          #expect(request.transport == .http && request.path == "/v1/traces")
          #expect(request.headers["host"] == host, "\(request.headers)")
          #expect(request.headers["x-tenant"] == (name == "static" ? "blue" : nil))
          // No request of a client is at hand for the operator, and Envoy prints a dash.
          #expect(request.headers["x-operator"] == (name == "static" ? "- 100%" : nil), "\(request.headers)")
        }
      }
    }

    @Test("calls have the authority and the metadata that the policy says, and lack Envoy's headers if it says so")
    func calls() async throws {
      try await PolicyBed.run([
        "said": """
        tracing:
          provider:
            openTelemetry:
              grpcService:
                staticClusterName: otlp
                authority: spans.example
                skipEnvoyHeaders: true
                initialMetadata: [{key: x-tenant, value: blue}, {key: x-operator, value: "%PROTOCOL% 100%%"}]
        """
      ]) { bed in
        try await bed.send("said", "/said")
        _ = try await Self.span("/said", in: bed)
        let request = try #require(await bed.otlp.requests.last)
        #expect(request.headers[":authority"] == "spans.example" && request.headers["x-tenant"] == "blue")
        // Envoy fills in no operators where it speaks gRPC.
        #expect(request.headers["x-operator"] == "%PROTOCOL% 100%%")
        #expect(!request.headers.keys.contains { $0.hasPrefix("x-envoy-") }, "\(request.headers)")
      }
    }

    @Test("an export of spans that the collector does not answer ends at its timeout")
    func timeout() async throws {
      try await PolicyBed.run([
        "limited": """
        tracing: {provider: {openTelemetry: {grpcService: {staticClusterName: late-otlp, timeout: 200ms}}}}
        """
      ]) { bed in
        try await SilentListener.with(port: bed.ports.late) {
          try await bed.send("limited", "/limited")
          try await eventually("the call ends") {
            try await bed.counter("cluster.static~late-otlp~timeout-200ms.upstream_rq_max_duration_reached") == 1
          }
        }
      }
    }

    @Test("an export of spans whose collector is not there yet is tried again as the policy says")
    func retries() async throws {
      try await PolicyBed.run([
        "again": """
        tracing:
          provider:
            openTelemetry:
              grpcService:
                staticClusterName: late-otlp
                retryPolicy:
                  numRetries: 100
                  retryBackOff: {baseInterval: 50ms, maxInterval: 100ms}
        """
      ]) { bed in
        try await bed.send("again", "/kept")
        try await eventually("the export is tried again") {
          try await bed.counter("cluster.static~late-otlp.upstream_cx_connect_fail") ?? 0 >= 8
        }
        let sink = try await OTLPSink.start(port: bed.ports.late)
        do {
          try await sink.waitForSpans { Self.isOf("/kept", $0) }
        } catch {
          await sink.stop()
          throw error
        }
        await sink.stop()
      }
    }

    @Test("the resource has what the proxy's environment says, if the policy asks for it")
    func resourceDetectors() async throws {
      try await PolicyBed.run(
        [
          "asked": """
          tracing:
            provider:
              openTelemetry:
                grpcService: {staticClusterName: otlp}
                resourceDetectors: [{environmentResourceDetector: {}}]
          """,
          "plain": "tracing: {provider: {openTelemetry: {grpcService: {staticClusterName: otlp}}}}",
        ], environment: ["OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=stage,team=edge"]
      ) { bed in
        for name in ["asked", "plain"] { try await bed.send(name, "/\(name)") }
        let asked = try await Self.span("/asked", in: bed).resourceAttributes
        #expect(asked["deployment.environment"] == "stage" && asked["team"] == "edge")
        #expect(asked["service.name"] == "asked")
        #expect(try await Self.span("/plain", in: bed).resourceAttributes["team"] == nil)
      }
    }

    @Test("spans have the policy's attributes of every kind, or their defaults where there is no value")
    func attributes() async throws {
      try await PolicyBed.run(
        [
          "tags": """
          tracing:
            provider: {openTelemetry: {grpcService: {staticClusterName: otlp}}}
            customTags:
              short-literal: {literal: "yes"}
              short-environment: {environment: PROXY_ZONE}
              short-header: {requestHeader: X-Tenant}
              short-absent: {requestHeader: x-absent}
            attributes:
            - {name: literal, literal: {value: same}}
            - {name: environment, environment: {name: PROXY_ZONE}}
            - {name: environment-default, environment: {name: PROXY_ABSENT, defaultValue: no zone}}
            - {name: header, requestHeader: {name: X-Tenant}}
            - {name: header-default, requestHeader: {name: x-absent, defaultValue: nobody}}
            - {name: header-absent, requestHeader: {name: x-absent}}
            - name: request
              metadata: {kind: Request, metadataKey: {key: shop.test, path: [{key: outer}, {key: inner}]}, defaultValue: a}
            - name: request-default
              metadata: {kind: Request, metadataKey: {key: shop.test, path: [{key: other}]}, defaultValue: b}
            - {name: route, metadata: {kind: Route, metadataKey: {key: r, path: [{key: k}]}, defaultValue: c}}
            - {name: cluster, metadata: {kind: Cluster, metadataKey: {key: r, path: [{key: k}]}, defaultValue: d}}
            - {name: host, metadata: {kind: Host, metadataKey: {key: r, path: [{key: k}]}, defaultValue: e}}
          """
        ], environment: ["PROXY_ZONE": "zone-7", "PROXY_ABSENT": nil]
      ) { bed in
        try await bed.send("tags", "/tags", headers: [("x-tenant", "blue")])
        let attributes = try await Self.span("/tags", in: bed).attributes
        #expect(attributes["short-literal"] == "yes" && attributes["literal"] == "same")
        #expect(attributes["short-environment"] == "zone-7" && attributes["environment"] == "zone-7")
        #expect(attributes["short-header"] == "blue" && attributes["header"] == "blue")
        #expect(attributes["short-absent"] == nil && attributes["header-absent"] == nil)
        #expect(attributes["environment-default"] == "no zone" && attributes["header-default"] == "nobody")
        #expect(attributes["request"] == "a" && attributes["request-default"] == "b")
        #expect(attributes["route"] == "c" && attributes["cluster"] == "d" && attributes["host"] == "e")
      }
    }

    @Test("a path is cut at maxPathTagLength, and a try has its own span if the policy says so")
    func pathsAndUpstreamSpans() async throws {
      try await PolicyBed.run([
        "short": """
        tracing:
          provider: {openTelemetry: {grpcService: {staticClusterName: otlp}}}
          maxPathTagLength: 8
          spawnUpstreamSpan: true
        """,
        "default": "tracing: {provider: {openTelemetry: {grpcService: {staticClusterName: otlp}}}}",
      ]) { bed in
        let path = "/" + String(repeating: "x", count: 300)
        try await bed.send("short", path)
        let short = try await Self.span("/xxxxxxx", in: bed)
        let tries = try await bed.otlp.waitForSpans { $0.kind == .client && $0.traceID == short.traceID }
        #expect(tries.map(\.parentSpanID) == [short.spanID])
        try await bed.send("default", path)
        let whole = try await Self.span(String(path.prefix(256)), in: bed)
        #expect(await bed.otlp.spans.filter { $0.traceID == whole.traceID }.count == 1)
      }
    }

    @Test("a verbose span tells when the streams of its request began and ended to flow, and another one does not")
    func verbose() async throws {
      try await PolicyBed.run([
        "verbose": """
        tracing:
          provider: {openTelemetry: {grpcService: {staticClusterName: otlp}}}
          verbose: true
        """,
        "plain": "tracing: {provider: {openTelemetry: {grpcService: {staticClusterName: otlp}}}, verbose: false}",
      ]) { bed in
        for name in ["verbose", "plain"] { try await bed.send(name, "/\(name)") }
        let verbose = try await Self.span("/verbose", in: bed)
        #expect(
          Set(verbose.events) == [
            "last_downstream_rx_byte_received", "first_upstream_tx_byte_sent", "last_upstream_tx_byte_sent",
            "first_upstream_rx_byte_received", "last_upstream_rx_byte_received", "first_downstream_tx_byte_sent",
            "last_downstream_tx_byte_sent",
          ])
        let plain = try await Self.span("/plain", in: bed)
        #expect(plain.events.isEmpty)
      }
    }
  }
}
