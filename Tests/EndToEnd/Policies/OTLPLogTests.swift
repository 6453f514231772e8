import OTLPSink
import RealComponents
import Testing

extension EndToEnd {
  @Suite("logs of policies at an OpenTelemetry collector")
  struct OTLPLogs {
    @Test("a record has the body, the attributes of every shape and the resource attributes that the policy says")
    func content() async throws {
      try await PolicyBed.run([
        "content": """
        accessLog:
        - openTelemetry:
            grpcService: {logName: content, staticClusterName: otlp}
            body: "%REQ(:METHOD)% %RESPONSE_CODE%"
            disableBuiltinLabels: true
            attributes:
              values:
              - {key: text, value: {stringValue: "path %REQ(:PATH)%"}}
              - key: list
                value:
                  arrayValue:
                  - {stringValue: "%RESPONSE_CODE%"}
                  - {arrayValue: [{stringValue: inner}]}
                  - {kvListValue: {values: [{key: protocol, value: {stringValue: "%PROTOCOL%"}}]}}
              - key: map
                value:
                  kvListValue:
                    values:
                    - {key: one, value: {stringValue: "1"}}
                    - {key: list, value: {arrayValue: [{stringValue: "2"}]}}
                    - {key: map, value: {kvListValue: {values: [{key: three, value: {stringValue: "3"}}]}}}
            resourceAttributes:
              values:
              - {key: service.name, value: {stringValue: edge-proxy}}
              - {key: zones, value: {arrayValue: [{stringValue: a}, {stringValue: b}]}}
              - {key: place, value: {kvListValue: {values: [{key: rack, value: {stringValue: "7"}}]}}}
        """
      ]) { bed in
        try await bed.send("content", "/content")
        let record = try #require(
          try await bed.otlp.waitForLogRecords { $0.attributes["text"] == "path /content" }.first)
        #expect(record.body == "GET 200")
        #expect(
          record.attributes == [
            "text": "path /content", "list": .array(["200", .array(["inner"]), .object(["protocol": "HTTP/1.1"])]),
            "map": .object(["one": "1", "list": .array(["2"]), "map": .object(["three": "3"])]),
          ])
        #expect(
          record.resourceAttributes == [
            "service.name": "edge-proxy", "k8s.namespace.name": "shop", "zones": .array(["a", "b"]),
            "place": .object(["rack": "7"]),
          ])
      }
    }

    @Test("a record that the policy says nothing of names its log, the Gateway and the request")
    func defaults() async throws {
      try await PolicyBed.run([
        "plain": "accessLog: [{openTelemetry: {grpcService: {logName: plain-log, staticClusterName: otlp}}}]",
        "body": """
        accessLog:
        - openTelemetry:
            grpcService: {logName: body-log, staticClusterName: otlp}
            disableBuiltinLabels: false
            body: only this
        """,
      ]) { bed in
        try await bed.send("plain", "/plain")
        let plain = try #require(try await bed.otlp.waitForLogRecords { $0.logName == "plain-log" }.first)
        #expect(
          plain.attributes["url.path"] == "/plain" && plain.body.string?.hasPrefix("\"GET /plain HTTP/1.1\"") == true)
        #expect(plain.resourceAttributes["service.name"] == "plain")
        #expect(plain.resourceAttributes.keys.contains("node_name"))
        try await bed.send("body", "/body")
        let body = try #require(try await bed.otlp.waitForLogRecords { $0.logName == "body-log" }.first)
        #expect(body.body == "only this" && body.attributes.isEmpty)
      }
    }

    @Test("grpcService with a collector that speaks OTLP has the headers that it adds as attributes")
    func grpcService() async throws {
      try await PolicyBed.run([
        "headers": """
        accessLog:
        - grpcService:
            logName: headers
            staticClusterName: otlp
            additionalRequestHeadersToLog: [TE]
            additionalResponseHeadersToLog: [content-type]
            additionalResponseTrailersToLog: [grpc-status]
        """
      ]) { bed in
        try await bed.call("headers")
        let record = try #require(try await bed.otlp.waitForLogRecords { $0.logName == "headers" }.first)
        #expect(record.attributes["http.request.header.te"] == "trailers")
        #expect(record.attributes["http.response.header.content-type"] == "application/grpc")
        #expect(record.attributes["http.response.trailer.grpc-status"] == "0")
        #expect(record.attributes["http.request.method"] == "POST")
      }
    }

    @Test("calls have the authority and the metadata that the policy says, and lack Envoy's headers if it says so")
    func calls() async throws {
      try await PolicyBed.run([
        "said": """
        accessLog:
        - openTelemetry:
            grpcService:
              logName: said
              staticClusterName: otlp
              authority: logs.example
              skipEnvoyHeaders: true
              initialMetadata: [{key: x-tenant, value: blue}, {key: x-operator, value: "%PROTOCOL% 100%%"}]
        """
      ]) { bed in
        try await bed.send("said", "/said")
        try await bed.otlp.waitForLogRecords { $0.logName == "said" }
        let request = try #require(await bed.otlp.requests.last)
        #expect(request.transport == .grpc && request.path.hasSuffix(".logs.v1.LogsService/Export"))
        #expect(request.headers[":authority"] == "logs.example" && request.headers["x-tenant"] == "blue")
        // Envoy fills in no operators where it speaks gRPC.
        #expect(request.headers["x-operator"] == "%PROTOCOL% 100%%")
        #expect(!request.headers.keys.contains { $0.hasPrefix("x-envoy-") }, "\(request.headers)")
      }
    }

    @Test("an export that the collector does not answer ends at its timeout")
    func timeout() async throws {
      try await PolicyBed.run([
        "limited": """
        accessLog:
        - openTelemetry: {grpcService: {logName: limited, staticClusterName: late-otlp, timeout: 200ms}}
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

    @Test("an export whose collector is not there yet is tried again as the policy says")
    func retries() async throws {
      try await PolicyBed.run([
        "again": """
        accessLog:
        - openTelemetry:
            grpcService:
              logName: again
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
          try await sink.waitForLogRecords { $0.attributes["url.path"] == "/kept" }
        } catch {
          await sink.stop()
          throw error
        }
        await sink.stop()
      }
    }

    @Test("the collector can be a Service, also one of another namespace that grants it")
    func services() async throws {
      try await PolicyBed.run([
        "own": """
        accessLog: [{openTelemetry: {grpcService: {logName: own, backendRef: {name: otlp, port: 4317}}}}]
        """,
        "granted": """
        accessLog:
        - openTelemetry:
            grpcService:
              logName: granted
              backendRef: {group: "", kind: Service, name: otlp, namespace: telemetry, port: 4317, weight: 3}
        """,
      ]) { bed in
        for name in ["own", "granted"] {
          try await bed.send(name, "/\(name)")
          try await bed.otlp.waitForLogRecords {
            $0.logName == name && $0.attributes["url.path"] == .string("/\(name)")
          }
        }
        #expect(await bed.otlp.requests.allSatisfy { $0.transport == .grpc })
      }
    }

    @Test("OTLP goes over HTTP where the static cluster or the Service's port says so, with the same settings")
    func overHTTP() async throws {
      try await PolicyBed.run([
        "static": """
        accessLog:
        - openTelemetry:
            grpcService:
              logName: static
              staticClusterName: otlp-http
              authority: logs.example
              initialMetadata: [{key: X-Tenant, value: blue}, {key: x-operator, value: "%PROTOCOL% 100%%"}]
              timeout: 3s
        """,
        "name": """
        accessLog: [{openTelemetry: {grpcService: {logName: name, backendRef: {name: otlp-by-port-name, port: 4318}}}}]
        """,
        "protocol": """
        accessLog:
        - openTelemetry:
            grpcService: {logName: protocol, backendRef: {name: otlp-by-protocol, namespace: telemetry, port: 4318}}
        """,
      ]) { bed in
        let hosts = [
          "static": "logs.example", "name": "otlp-by-port-name.shop:4318",
          "protocol": "otlp-by-protocol.telemetry:4318",
        ]
        for (name, host) in hosts {
          try await bed.send(name, "/\(name)")
          try await bed.otlp.waitForLogRecords { $0.logName == name }
          let request = try #require(await bed.otlp.requests.last)
          #expect(request.transport == .http && request.path == "/v1/logs")
          #expect(request.headers["host"] == host, "\(request.headers)")
          #expect(request.headers["x-tenant"] == (name == "static" ? "blue" : nil))
          // No request of a client is at hand for the operator, and Envoy prints a dash.
          #expect(request.headers["x-operator"] == (name == "static" ? "- 100%" : nil), "\(request.headers)")
        }
      }
    }
  }
}
