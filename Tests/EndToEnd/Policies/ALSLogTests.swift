import ALSSink
import RealComponents
import Testing

extension EndToEnd {
  @Suite("logs of policies at Envoy's access log service")
  struct ALSLogs {
    @Test("an entry names its log, and has the headers and trailers that the policy adds")
    func entries() async throws {
      try await PolicyBed.run([
        "entries": """
        accessLog:
        - grpcService:
            logName: entries
            staticClusterName: als
            additionalRequestHeadersToLog: [TE, ":scheme"]
            additionalResponseHeadersToLog: [content-type, x-absent]
            additionalResponseTrailersToLog: [grpc-status]
        """
      ]) { bed in
        try await bed.call("entries")
        let entry = try #require(try await bed.als.waitForEntries { $0.logName == "entries" }.first)
        #expect(entry.path.hasSuffix("/Export") && entry.method == "POST" && entry.responseCode == 200)
        #expect(entry.requestHeaders == ["te": "trailers", ":scheme": "http"])
        #expect(entry.responseHeaders == ["content-type": "application/grpc"])
        #expect(entry.responseTrailers == ["grpc-status": "0"])
      }
    }

    @Test("calls have the authority and the metadata that the policy says, and lack Envoy's headers if it says so")
    func calls() async throws {
      try await PolicyBed.run([
        "plain": "accessLog: [{grpcService: {logName: plain, staticClusterName: als}}]",
        "said": """
        accessLog:
        - grpcService:
            logName: said
            staticClusterName: als
            authority: logs.example
            skipEnvoyHeaders: true
            initialMetadata:
            - {key: X-Tenant, value: blue}
            - {key: x-operator, value: "%PROTOCOL% 100%%"}
            - {key: x-empty}
        """,
      ]) { bed in
        for name in ["plain", "said"] {
          try await bed.send(name, "/\(name)")
          try await bed.als.waitForEntries { $0.logName == name }
        }
        let plain = try #require(bed.als.streams.first { $0.logName == "plain" }).metadata
        #expect(plain[":authority"] == "static~als" && plain["x-envoy-internal"] != nil && plain["x-tenant"] == nil)
        let said = try #require(bed.als.streams.first { $0.logName == "said" }).metadata
        #expect(said[":authority"] == "logs.example" && !said.keys.contains { $0.hasPrefix("x-envoy-") })
        // Envoy sends no header without a value, and fills in no operators where it speaks gRPC.
        #expect(said["x-tenant"] == "blue" && said["x-empty"] == nil)
        #expect(said["x-operator"] == "%PROTOCOL% 100%%")
      }
    }

    @Test("a call ends at its timeout, and the next entry makes a new one")
    func timeout() async throws {
      try await PolicyBed.run([
        "limited": "accessLog: [{grpcService: {logName: limited, staticClusterName: als, timeout: 200ms}}]",
        "unlimited": "accessLog: [{grpcService: {logName: unlimited, staticClusterName: als}}]",
      ]) { bed in
        for name in ["limited", "unlimited"] {
          for path in ["/first", "/second"] {
            try await bed.send(name, path)
            try await bed.als.waitForEntries { $0.logName == name && $0.path == path }
            if name == "limited", path == "/first" {
              try await eventually("the call ends") {
                try await bed.counter("cluster.static~als~timeout-200ms.upstream_rq_max_duration_reached") ?? 0 > 0
              }
            }
          }
        }
        #expect(bed.als.streams.filter { $0.logName == "limited" }.count == 2)
        #expect(bed.als.streams.filter { $0.logName == "unlimited" }.count == 1)
      }
    }

    @Test("a log whose receiver is not there yet is tried again as the policy says; without, what was logged is lost")
    func retries() async throws {
      try await PolicyBed.run([
        "once": """
        accessLog:
        - grpcService: {logName: once, staticClusterName: late-als, retryPolicy: {numRetries: 0}}
        """,
        "again": """
        accessLog:
        - grpcService:
            logName: again
            staticClusterName: late-als
            retryPolicy:
              numRetries: 100
              retryBackOff: {baseInterval: 50ms, maxInterval: 100ms}
        """,
      ]) { bed in
        let failures = "cluster.static~late-als.upstream_cx_connect_fail"
        try await bed.send("once", "/lost")
        try await eventually("the first log has failed") { try await bed.counter(failures) ?? 0 >= 1 }
        try await bed.send("again", "/kept")
        // Ten times in that time need the short intervals.
        try await eventually("the second log is tried again") { try await bed.counter(failures) ?? 0 >= 10 }
        let sink = try await ALSSink.start(port: bed.ports.late)
        do {
          try await sink.waitForEntries { $0.path == "/kept" }
          #expect(sink.entries.map(\.path) == ["/kept"])
        } catch {
          await sink.stop()
          throw error
        }
        await sink.stop()
      }
    }

    @Test("a call that the receiver refuses for the moment is made again as the policy says")
    func refusals() async throws {
      try await PolicyBed.run([
        "again": """
        accessLog:
        - grpcService:
            logName: again
            staticClusterName: als
            retryPolicy:
              numRetries: 10
              retryBackOff: {baseInterval: 50ms, maxInterval: 100ms}
        """
      ]) { bed in
        bed.als.refuse(next: 2)
        try await bed.send("again", "/kept")
        try await bed.als.waitForEntries { $0.path == "/kept" }
        #expect(bed.als.refusedCalls == 2)
      }
    }

    @Test("a receiver can be a Service, also one of another namespace that grants it")
    func services() async throws {
      try await PolicyBed.run([
        "own": "accessLog: [{grpcService: {logName: own, backendRef: {name: als, port: 9001}}}]",
        "granted": """
        accessLog:
        - grpcService:
            logName: granted
            backendRef: {group: "", kind: Service, name: als, namespace: telemetry, port: 9001, weight: 0}
        """,
      ]) { bed in
        for (name, cluster) in [("own", "telemetry~shop~als~9001"), ("granted", "telemetry~telemetry~als~9001")] {
          try await bed.send(name, "/\(name)")
          try await bed.als.waitForEntries { $0.logName == name && $0.path == "/\(name)" }
          let stream = try #require(bed.als.streams.first { $0.logName == name })
          #expect(stream.metadata[":authority"] == cluster)
        }
      }
    }
  }
}
