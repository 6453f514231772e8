import RealComponents
import Testing

extension EndToEnd {
  @Suite("metrics of calls to LLMs from the real Envoy")
  struct LLMMetrics {
    private static let requests = "agentgateway_llm_requests_total"
    private static let tokens = "agentgateway_llm_tokens_total"
    private static let latency = "agentgateway_llm_latency_seconds"
    private static let firstToken = "agentgateway_llm_time_to_first_token_seconds"
    private static let on = "metrics: {llm: {enabled: true}}"
    /// Sends requests to the double of the providers.
    private static let prefix = "/down"

    @Test("every recorded exchange is counted to the token, in one piece and in many, and passes as it is")
    func exchanges() async throws {
      let exchanges = try RecordedExchange.all()
      #expect(exchanges.count >= 30)
      try await PolicyBed.run(["llm": Self.on]) { bed in
        try await ProviderDouble.with(port: bed.ports.late, exchanges) { _ in
          for pieces in [1, 60] {
            for exchange in exchanges { try await check(exchange, pieces: pieces, bed) }
          }
        }
        let page = try await metrics(of: bed, until: "\(Self.latency)_count", reaches: Double(2 * exchanges.count))
        #expect(page.sum("envoy_http_lua_llm_errors") == 0)
        #expect(page.all(Self.requests).allSatisfy { $0.labels["route"] == "shop/all/2" })
        #expect(page.all(Self.requests).allSatisfy { $0.labels["listener"] == "listener~\(bed.ports["llm"])" })
        // Only where an answer is streamed has its first token a time of its own.
        let streamed = Set(page.all("\(Self.firstToken)_count").compactMap { $0.labels["model"] })
        #expect(
          streamed.isSuperset(of: [
            "gpt-4o-mini", "gpt-5-mini", "claude-haiku-4-5", "gemini-2.5-flash", "gemini-2.5-flash-lite",
          ]))
        #expect(streamed.isDisjoint(with: ["gpt-4.1", "gpt-5", "claude-sonnet-4-5", "gemini-2.5-pro"]))
      }
    }

    private func check(_ exchange: RecordedExchange, pieces: Int, _ bed: PolicyBed) async throws {
      let before = try await ProxyMetrics.callCounters(adminPort: bed.ports.admin)
      let answer = try await bed.send(
        "llm", Self.prefix + exchange.path, method: "POST",
        headers: exchange.request.headers + [("x-exchange", exchange.name), ("x-pieces", "\(pieces)")],
        body: exchange.request.body)
      #expect(answer.status == exchange.status, "\(exchange)")
      #expect(answer.unchunkedBody == exchange.answer.body, "\(exchange)")

      var counted: [RecordedExchange.Counter: Double] = [:]
      try? await eventually("\(exchange) is counted", within: .seconds(5)) {
        let after = try await ProxyMetrics.callCounters(adminPort: bed.ports.admin)
        counted = after.merging(before) { $0 - $1 }.filter { $0.value != 0 }
        return counted == exchange.expected
      }
      #expect(counted == exchange.expected, "\(exchange), in \(pieces) pieces")
    }

    @Test("an answer is streamed while it is measured: its first bytes come before the rest is there")
    func streaming() async throws {
      try await PolicyBed.run(["llm": Self.on]) { bed in
        try await ProviderDouble.with(port: bed.ports.late, try RecordedExchange.all()) { provider in
          try await RawConnection.with(port: bed.ports["llm"]) { connection in
            let body = #"{"model":"gpt-4o-mini","stream":true}"#
            try await connection.send(
              "POST \(Self.prefix)/v1/chat/completions HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n"
                + "content-type: application/json\r\naccept-encoding: gzip\r\nx-exchange: openai-chat-streamed\r\n"
                + "x-hold: 30\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)")
            _ = try await connection.read(through: "chatcmpl")
            #expect(try await ProxyMetrics.of(adminPort: bed.ports.admin).sum(Self.requests) == 0)
            #expect(provider.lastHead.contains("accept-encoding: identity"))
            provider.release()
            #expect(try await connection.readToEnd().contains("[DONE]"))
          }
        }
        let labels = ["provider": "openai", "model": "gpt-4o-mini"]
        let page = try await metrics(of: bed, until: "\(Self.firstToken)_count", labels, reaches: 1)
        #expect(page.types[Self.firstToken] == "histogram" && page.types[Self.latency] == "histogram")
        #expect(page.sum(Self.tokens, labels.merging(["type": "output"]) { $1 }) == 1_234_567)
        let (first, whole) = (page.sum("\(Self.firstToken)_sum", labels), page.sum("\(Self.latency)_sum", labels))
        #expect(first > 0 && first <= whole + 0.1)
      }
    }

    @Test("a request and an answer of 32 MiB pass and are counted")
    func large() async throws {
      try await PolicyBed.run(["llm": Self.on]) { bed in
        try await ProviderDouble.with(port: bed.ports.late) { _ in
          try await withTemporaryFolder { folder in
            let padding = String(repeating: "A", count: 32 << 20)
            let text =
              #"{"padding":"\#(padding)","model":"large","usage":{"prompt_tokens":11,"completion_tokens":22}}"#
            let file = try folder.write(text, to: "request.json")
            let output = try await outputOfCommand(
              "curl",
              [
                "--silent", "--show-error", "--header", "host: shop.example", "--header",
                "content-type: application/json", "--header", "x-exchange: mirror", "--header", "expect:",
                "--data-binary", "@\(file)", "--output", folder.path("answer.json"), "--write-out",
                "%{http_code} %{size_upload} %{size_download}",
                "http://127.0.0.1:\(bed.ports["llm"])\(Self.prefix)/v1/chat/completions",
              ])
            #expect(output == "200 \(text.utf8.count) \(text.utf8.count)")
          }
        }
        let page = try await metrics(of: bed, until: Self.tokens, reaches: 33)
        #expect(page.sum(Self.tokens, ["model": "large", "type": "input"]) == 11)
        #expect(page.sum(Self.requests, ["model": "large", "status": "200"]) == 1)
      }
    }

    @Test("a call whose client goes away before the answer has the status 0")
    func abandoned() async throws {
      try await PolicyBed.run(["llm": Self.on]) { bed in
        try await bed.abandon("llm", "/never/v1/messages")
        let page = try await metrics(of: bed, until: Self.requests, reaches: 1)
        #expect(page.all(Self.requests).map { $0.labels["status"] } == ["0"])
        #expect(page.all(Self.requests).map { $0.labels["provider"] } == ["anthropic"])
      }
    }

    @Test("other requests are left alone, a policy names paths of one's own, and without one nothing is measured")
    func paths() async throws {
      let own = """
        metrics:
          llm:
            enabled: true
            endpoints: [{pathSuffix: /api/chat+v1, format: OpenAI, provider: mistral}]
        """
      try await PolicyBed.run(["llm": Self.on, "own": own, "bare": "metrics: {llm: {enabled: false}}"]) { bed in
        try await ProviderDouble.with(port: bed.ports.late) { provider in
          let body = #"{"model":"m","usage":{"prompt_tokens":1,"completion_tokens":2}}"#
          func send(_ gateway: String, _ path: String, _ method: String = "POST") async throws {
            let answer = try await bed.send(
              gateway, Self.prefix + path, method: method,
              headers: [("content-type", "application/json"), ("accept-encoding", "gzip")], body: body)
            #expect(answer.unchunkedBody == body)
          }
          try await send("llm", "/v1/chat/completions/")
          try await send("llm", "/other?/v1/messages")
          try await send("llm", "/v1/messages", "PUT")
          try await send("own", "/v1/messages")
          try await send("own", "/api/chatv1")
          try await send("bare", "/v1/messages")
          #expect(provider.lastHead.contains("accept-encoding: gzip"))
          try await send("own", "/my/api/chat+v1?stream=no")
        }
        let page = try await metrics(of: bed, until: Self.tokens, reaches: 3)
        #expect(page.sum(Self.requests) == 1)
        #expect(page.sum(Self.requests, ["gateway": "own", "provider": "mistral", "model": "m"]) == 1)
      }
    }

    @Test("10,000 different models on as many paths are few series, and every call is counted")
    func bounded() async throws {
      try await PolicyBed.run(["llm": "metrics: {llm: {enabled: true, maxModels: 50}}"]) { bed in
        try await ProviderDouble.with(port: bed.ports.late) { _ in
          try await Self.flood(10_000, port: bed.ports["llm"])
        }
        let page = try await metrics(of: bed, until: Self.requests, reaches: 10_000)
        #expect(page.sum(Self.requests) == 10_000)
        #expect(page.all(Self.requests).count == 51)
        #expect(page.sum(Self.requests, ["model": "other"]) == 9_950)
        #expect(page.sum(Self.tokens, ["type": "output"]) == 20_000)
        #expect(page.all(Self.tokens).count == 102)
      }
    }

    /// Calls one after the other, as curl does with a list of them.
    private static func flood(_ count: Int, port: Int) async throws {
      let calls = (0..<count).map { number in
        #"""
        url = "http://127.0.0.1:\#(port)\#(prefix)/\#(number)/v1/chat/completions"
        header = "host: shop.example"
        header = "content-type: application/json"
        data = "{\"model\":\"model-\#(number)\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}"
        output = "/dev/null"
        """#
      }
      try await withTemporaryFolder { folder in
        let list = try folder.write(calls.joined(separator: "\nnext\n"), to: "calls")
        try await outputOfCommand("curl", ["--silent", "--show-error", "--config", list], deadline: .seconds(120))
      }
    }

    /// The page once the sum of a metric has at least this value.
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
  }
}

extension PolicyBed {
  /// Sends a call and goes away once the upstream has it.
  fileprivate func abandon(_ gateway: String, _ path: String) async throws {
    let before = upstream.requestCount
    try await RawConnection.with(port: ports[gateway]) { connection in
      let body = #"{"model":"m"}"#
      try await connection.send(
        "POST \(path) HTTP/1.1\r\nhost: shop.example\r\ncontent-type: application/json\r\n"
          + "content-length: \(body.utf8.count)\r\n\r\n\(body)")
      try await eventually("the upstream has the request", within: EndToEnd.patience) {
        upstream.requestCount > before
      }
    }
  }
}

extension RawAnswer {
  /// The body without the frames of `transfer-encoding: chunked`, if it has them.
  fileprivate var unchunkedBody: String {
    guard self["transfer-encoding"] == ["chunked"] else { return body }
    var (rest, whole) = (Substring(body).utf8, "")
    while let end = rest.firstRange(of: "\r\n".utf8), let size = Int(String(rest[..<end.lowerBound]) ?? "", radix: 16),
      size > 0
    {
      let chunk = rest[end.upperBound...]
      whole += String(decoding: chunk.prefix(size), as: UTF8.self)
      rest = chunk.dropFirst(size + 2)
    }
    return whole
  }
}
