import RealComponents
import Testing

extension EndToEnd {
  @Suite("metrics of requests from the real Envoy")
  struct RequestMetrics {
    private static let requests = "agentgateway_http_requests_total"
    private static let duration = "agentgateway_http_request_duration_seconds"
    private static let defaultLog = """
      accessLog:
      - fileSink: {path: /dev/stdout, stringFormat: "%REQ(:PATH)%"}
      """

    /// The page once a counter has at least this value.
    private func metrics(
      of bed: PolicyBed, until name: String, _ labels: [String: String] = [:], reaches value: Double
    ) async throws -> ProxyMetrics {
      var metrics = ProxyMetrics("")
      try await eventually("\(name) reaches \(value)", within: EndToEnd.patience) {
        metrics = try await ProxyMetrics.of(adminPort: bed.ports.admin)
        return metrics.sum(name, labels) >= value
      }
      return metrics
    }

    @Test(
      "a request is counted with its listener, route, backend, method and status, its bytes and its time in seconds")
    func request() async throws {
      try await PolicyBed.run(["plain": Self.defaultLog]) { bed in
        let listener = "listener~\(bed.ports["plain"])"
        try await bed.send("plain", "/down")
        try await bed.send("plain", "/", method: "BREW")
        // The upstream reads no body: it is the last request that it gets.
        try await bed.send("plain", "/status/201", method: "POST", body: "twelve bytes")
        let page = try await metrics(of: bed, until: "\(Self.duration)_count", reaches: 2)
        let known = ["namespace": "shop", "gateway": "plain", "listener": listener]
        let upstream = known.merging(["route": "shop/all/0", "backend": "cluster~shop~upstream~80"]) { $1 }

        #expect(page.types[Self.requests] == "counter")
        #expect(page.sum(Self.requests, upstream.merging(["method": "POST", "status": "201"]) { $1 }) == 1)
        let down = ["route": "shop/all/2", "backend": "cluster~shop~down~80", "method": "GET", "status": "503"]
        #expect(page.sum(Self.requests, known.merging(down) { $1 }) == 1)
        let unknown = ["route": "none", "backend": "none", "method": "other", "status": "400"]
        #expect(page.sum(Self.requests, known.merging(unknown) { $1 }) == 1)
        #expect(page.sum("agentgateway_bytes_received_total", upstream) == 12)
        #expect(page.sum("agentgateway_bytes_sent_total", upstream) > 0)

        #expect(page.types[Self.duration] == "histogram")
        let sum = page.sum("\(Self.duration)_sum", upstream)
        #expect(sum > 0 && sum < 5)
        let bounds = page.all("\(Self.duration)_bucket", upstream).compactMap { $0.labels["le"] }
        #expect(bounds.contains("0.001953125") && bounds.contains("0.25") && bounds.contains("64"))
        #expect(bounds.count == 17)
      }
    }

    @Test("a request that takes long is in the bucket of its seconds")
    func duration() async throws {
      try await PolicyBed.run(["plain": Self.defaultLog]) { bed in
        try await bed.send("plain", "/delay/1300")
        let page = try await metrics(of: bed, until: "\(Self.duration)_count", reaches: 1)
        #expect(page.sum("\(Self.duration)_bucket", ["le": "1"]) == 0)
        #expect(page.sum("\(Self.duration)_bucket", ["le": "16"]) == 1)
        #expect((1.3...16).contains(page.sum("\(Self.duration)_sum")))
      }
    }

    @Test("open connections are a gauge of the listener that goes back to zero")
    func connections() async throws {
      try await PolicyBed.run(["plain": Self.defaultLog]) { bed in
        let name = "agentgateway_active_connections"
        let labels = ["namespace": "shop", "gateway": "beds", "listener": "listener~\(bed.ports["plain"])"]
        try await RawConnection.with(port: bed.ports["plain"]) { connection in
          try await connection.send("GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n")
          let page = try await metrics(of: bed, until: name, reaches: 1)
          #expect(page.types[name] == "gauge")
          #expect(page.all(name).map { $0.labels["listener"] } == [labels["listener"]])
        }
        try await eventually("the connection is gone", within: EndToEnd.patience) {
          try await ProxyMetrics.of(adminPort: bed.ports.admin).sum(name) == 0
        }
        #expect(try await ProxyMetrics.of(adminPort: bed.ports.admin).all("agentgateway_limited_connections").isEmpty)
      }
    }

    @Test(
      "a policy's labels are on every metric of requests: a closed list of a header's values, a header, an operator")
    func labels() async throws {
      try await PolicyBed.run(
        [
          "labelled": """
          metrics:
            labels:
            - name: tenant
              requestHeader: {name: X-Tenant, values: [red, blue]}
            - name: client
              requestHeader: {name: x-client}
            - name: region
              format: "%ENVIRONMENT(REGION)%"
          """
        ], environment: ["REGION": "eu-1"]
      ) { bed in
        let client = String(repeating: "c", count: 80)
        try await bed.send("labelled", "/", headers: [("x-tenant", "red"), ("x-client", client)])
        try await bed.send("labelled", "/", headers: [("x-tenant", "green")])
        let page = try await metrics(of: bed, until: "\(Self.duration)_count", reaches: 2)
        let cut = client.prefix(64)
        for name in [Self.requests, "agentgateway_bytes_sent_total", "\(Self.duration)_count"] {
          #expect(page.all(name, ["tenant": "red", "client": String(cut), "region": "eu-1"]).count == 1, "\(name)")
          #expect(page.all(name, ["tenant": "other", "region": "eu-1"]).count == 1, "\(name)")
        }
      }
    }

    @Test("a policy switches the metrics of requests off")
    func off() async throws {
      try await PolicyBed.run(["unmeasured": "metrics: {http: {enabled: false}}", "plain": Self.defaultLog]) { bed in
        try await bed.send("unmeasured", "/")
        try await bed.send("plain", "/")
        let page = try await metrics(of: bed, until: Self.requests, reaches: 1)
        #expect(page.all(Self.requests).map { $0.labels["gateway"] } == ["plain"])
        #expect(page.all("agentgateway_active_connections").count == 1)
      }
    }

    @Test("10,000 different paths, methods and header values make few series, and lose no count but that of a header's")
    func bounded() async throws {
      try await PolicyBed.run([
        "plain": Self.defaultLog,
        "listed": "metrics: {labels: [{name: tenant, requestHeader: {name: x-tenant, values: [red]}}]}",
        "open": "metrics: {labels: [{name: tenant, requestHeader: {name: x-tenant}}]}",
      ]) { bed in
        for gateway in ["plain", "listed", "open"] {
          try await RequestFlood.send(10_500, toPort: bed.ports[gateway])
        }
        let page = try await metrics(
          of: bed, until: "\(Self.duration)_count", ["gateway": "listed"], reaches: 10_500)
        for gateway in ["plain", "listed"] {
          let series = page.all(Self.requests, ["gateway": gateway])
          #expect(series.reduce(0) { $0 + $1.value } == 10_500)
          #expect(series.map { $0.labels["method"] } == ["other"])
        }
        let counters = page.series.filter { $0.labels["gateway"] == "open" && $0.name.hasSuffix("_total") }
        #expect(counters.count == 30_000)
        #expect(page.all("\(Self.duration)_count", ["gateway": "open"]).count == 1_000)
      }
    }
  }
}
