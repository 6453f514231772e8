import APIServerDouble
import RealComponents
import Testing

@Suite("Failures on order")
struct FailureTests {
  @Test("429 comes as often as it was ordered, with its Retry-After")
  func tooManyRequests() async throws {
    try await withDouble { double, client in
      await double.inject(.tooManyRequests(retryAfterSeconds: 3), into: .lists, times: 2)
      for _ in 0..<2 {
        let answer = try await client.send("GET", Samples.configMaps)
        #expect(answer.status == 429)
        #expect(answer.header("Retry-After") == "3")
        #expect(JSONValue(json: answer.body)?["reason"] == "TooManyRequests")
      }
      #expect(try await client.send("GET", Samples.configMaps).status == 200)
    }
  }

  @Test("a failure waits for the requests that it is meant for")
  func filter() async throws {
    try await withDouble { double, client in
      await double.inject(.status(code: 500, reason: "InternalError"), into: .writes.and(.path("gateways")))
      let read = try await client.send("GET", Samples.gateways)
      #expect(read.status == 200)
      let other = try await client.send("POST", Samples.configMaps, json: Samples.configMap("a", [:]).jsonText)
      #expect(other.status == 201)
      let meant = try await client.send("POST", Samples.gateways, json: Samples.gateway("a").jsonText)
      #expect(meant.status == 500)
    }
  }

  @Test("the next watch is told 410")
  func gone() async throws {
    try await withDouble { double, client in
      await double.inject(.gone, into: .watches)
      let answer = try await client.send("GET", "\(Samples.configMaps)?watch=1")
      #expect(answer.status == 200)
      #expect(JSONValue(json: answer.body)?[["object", "code"]] == 410)
    }
  }

  @Test("a list breaks off in the middle")
  func cutList() async throws {
    try await withDouble { double, client in
      try await double.put(Samples.configMap("a", ["k": "1"]))
      await double.inject(.cutMidObject)
      let answer = try await client.send("GET", Samples.configMaps)
      #expect(answer.status == 200)
      #expect(!answer.isComplete)
      #expect(!answer.body.isEmpty)
      #expect(JSONValue(json: answer.body) == nil)
    }
  }

  @Test("a watch breaks off in the middle of its first event")
  func cutWatch() async throws {
    try await withDouble { double, client in
      try await double.put(Samples.configMap("a", ["k": "1"]))
      await double.inject(.cutMidObject, into: .watches)
      let answer = try await client.send("GET", "\(Samples.configMaps)?watch=1")
      #expect(answer.body.hasPrefix("{\"type\":\"ADDED\""))
      #expect(!answer.isComplete)
    }
  }

  @Test("garbage is answered with 200", arguments: ["", "?watch=1"])
  func garbage(query: String) async throws {
    try await withDouble { double, client in
      try await double.put(Samples.configMap("a", ["k": "1"]))
      await double.inject(.garbage)
      let answer = try await client.send("GET", Samples.configMaps + query)
      #expect(answer.status == 200)
      #expect(answer.body.contains("<html>"))
    }
  }

  @Test("the first event of a watch is broken, and the next one follows in the next line")
  func brokenEvent() async throws {
    try await withDouble { double, client in
      for name in ["a", "b"] { try await double.put(Samples.configMap(name, ["k": "1"])) }
      await double.inject(.brokenEvent, into: .watches)
      let answer = try await client.send("GET", "\(Samples.configMaps)?watch=1&timeoutSeconds=1")
      let lines = answer.body.split(separator: "\n")
      #expect(answer.isComplete)
      #expect(lines.count == 2)
      #expect(lines.map { JSONValue(json: String($0))?["type"] } == [nil, "ADDED"])
    }
  }

  @Test("a stalled request is never answered, and the others are")
  func stall() async throws {
    try await withDouble { double, client in
      await double.inject(.stall)
      try await withThrowingTaskGroup(of: RawHTTPClient.Answer.self) { group in
        group.addTask { try await client.send("GET", Samples.configMaps) }
        try await eventually("the request has arrived") { await double.requests.count == 1 }
        #expect(try await client.send("GET", Samples.configMaps).status == 200)
        await double.dropConnections()
        let answer = try await group.next()
        #expect(answer?.status == 0)
      }
    }
  }

  @Test("a write that is stalled is not carried out")
  func stalledWrite() async throws {
    try await withDouble { double, client in
      await double.inject(.stall, into: .writes)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          _ = try await client.send("POST", Samples.configMaps, json: Samples.configMap("a", [:]).jsonText)
        }
        try await eventually("the request has arrived") { await double.requests.count == 1 }
        await double.dropConnections()
        try await group.next()
      }
      #expect(await double.object("configmaps", group: "", namespace: "default", name: "a") == nil)
    }
  }

  @Test("a silent watch is accepted and gets neither events nor bookmarks")
  func silence() async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.bookmarkInterval = .milliseconds(20)
    configuration.second = .milliseconds(200)
    try await withDouble(configuration) { double, client in
      try await double.put(Samples.configMap("a", ["k": "1"]))
      await double.inject(.silence, into: .watches)
      let answer = try await client.send("GET", "\(Samples.configMaps)?watch=1&allowWatchBookmarks=1&timeoutSeconds=1")
      #expect(answer.status == 200)
      #expect(answer.body.isEmpty)
    }
  }

  @Test("watches that are dropped end in an orderly way")
  func dropWatches() async throws {
    try await withDouble { double, client in
      try await client.open("GET", "\(Samples.configMaps)?watch=1") { reader in
        try await reader.readHead()
        // The head is sent before the watch begins to listen.
        try await eventually("the watch is open") { await double.watchCount == 1 }
        await double.dropWatches()
        let answer = try await reader.readToEnd()
        #expect(answer.isComplete)
      }
    }
  }

  @Test("the server goes away and comes back on the same port, with its objects")
  func comeBack() async throws {
    try await withDouble { double, client in
      try await double.put(Samples.configMap("a", ["k": "1"]))
      await double.goAway()
      await #expect(throws: (any Error).self) { try await client.send("GET", Samples.configMaps) }
      try await double.comeBack()
      #expect(try await client.send("GET", "\(Samples.configMaps)/a").status == 200)
    }
  }

  @Test("the server may go away at the very moment in which clients come")
  func goAwayAmongClients() async throws {
    try await withDouble { double, client in
      try await withThrowingTaskGroup { clients in
        for _ in 0..<8 {
          clients.addTask {
            while !Task.isCancelled { _ = try? await client.send("GET", "/version") }
          }
        }
        for _ in 0..<20 {
          try await eventually("clients are answered", every: .milliseconds(1)) {
            try await client.send("GET", "/version").status == 200
          }
          await double.goAway()
          try await double.comeBack()
        }
        clients.cancelAll()
      }
    }
  }

  @Test("after a restart with its history lost, an old watch is told 410")
  func restart() async throws {
    try await withDouble { double, client in
      try await double.put(Samples.configMap("a", ["k": "1"]))
      let revision = await double.revision
      try await double.restartWithHistoryLost()
      let answer = try await client.send("GET", "\(Samples.configMaps)?watch=1&resourceVersion=\(revision)")
      #expect(answer.body.contains("too old resource version"))
    }
  }

  @Test("a group that is uninstalled answers 404 with plain text, until it is installed again")
  func uninstall() async throws {
    try await withDouble { double, client in
      let target = "/apis/gateway.kgateway.dev/v1alpha1/httplistenerpolicies"
      #expect(try await client.send("GET", target).status == 200)
      await double.uninstall(group: "gateway.kgateway.dev")
      let answer = try await client.send("GET", target)
      #expect(answer.status == 404)
      #expect(answer.body == "404 page not found\n")
      await double.install(group: "gateway.kgateway.dev")
      #expect(try await client.send("GET", target).status == 200)
    }
  }

  @Test("requests are recorded without their credentials")
  func recording() async throws {
    try await withDouble { double, client in
      _ = try await client.send(
        "GET", "\(Samples.configMaps)?limit=5&labelSelector=a%3Db",
        headers: [("User-Agent", "kgateway/1"), ("Authorization", "Bearer administrator")])
      let request = try #require(await double.requests.first)
      #expect(request.method == "GET")
      #expect(request.path == Samples.configMaps)
      #expect(request[query: "labelSelector"] == "a=b")
      #expect(request.userAgent == "kgateway/1")
      #expect(request.client == "127.0.0.1")
      #expect(request.status == 200)
    }
  }
}
