import APIServerDouble
import Testing

@Suite("Reads of the double")
struct ReadTests {
  @Test("pages show the state of the first page, whatever is written meanwhile")
  func consistentPages() async throws {
    try await withDouble { double, client in
      for name in ["a", "b", "c"] { try await double.put(Samples.configMap(name, [:])) }
      let first = try await list(client, "limit=2")
      #expect(first.names == ["a", "b"])
      #expect(first.metadata["remainingItemCount"] == 1)
      try await double.put(Samples.configMap("d", [:]))
      let second = try await list(client, "limit=2&continue=\(first.metadata["continue"]?.stringValue ?? "")")
      #expect(second.names == ["c"])
      #expect(second.metadata["resourceVersion"] == first.metadata["resourceVersion"])
      #expect(second.metadata["continue"] == nil)
    }
  }

  @Test("a continue token whose state is forgotten gets 410, with a token that goes on regardless")
  func expiredContinue() async throws {
    try await withDouble { double, client in
      for name in ["a", "b", "c"] { try await double.put(Samples.configMap(name, [:])) }
      let token = try await list(client, "limit=2").metadata["continue"]?.stringValue ?? ""
      await double.forgetHistory()
      let answer = try await client.send("GET", "\(Samples.configMaps)?limit=2&continue=\(token)")
      #expect(answer.status == 410)
      let status = try #require(JSONValue(json: answer.body))
      #expect(status["reason"] == "Expired")
      let inconsistent = status[["metadata", "continue"]]?.stringValue ?? ""
      #expect(try await list(client, "limit=2&continue=\(inconsistent)").names == ["c"])
    }
  }

  @Test("a field selector that the kind does not support is refused")
  func unknownFieldSelector() async throws {
    try await withDouble { _, client in
      let answer = try await client.send("GET", "\(Samples.gateways)?fieldSelector=spec.gatewayClassName%3Dx")
      #expect(answer.status == 400)
      #expect(answer.body.contains("field label not supported: spec.gatewayClassName"))
    }
  }

  @Test("an Event is seen by both its groups, each with its own field names")
  func events() async throws {
    try await withDouble { _, client in
      let event = """
        {"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"e"},"note":"hello","reason":"R",\
        "regarding":{"kind":"Gateway","name":"g"},"reportingController":"c"}
        """
      let created = try await client.send(
        "POST", "/apis/events.k8s.io/v1/namespaces/default/events", json: event)
      #expect(created.status == 201)
      let found = try await client.send(
        "GET", "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dg,reason%3DR")
      let item = try #require(JSONValue(json: found.body)?["items"]?.arrayValue?.first)
      #expect(item["message"] == "hello")
      #expect(item["reportingComponent"] == "c")
      #expect(item["note"] == nil)
    }
  }

  @Test("a resource that a served group does not have is no page of text, but a Status")
  func unknownResource() async throws {
    try await withDouble { _, client in
      let answer = try await client.send("GET", "/apis/gateway.networking.k8s.io/v1/nosuch")
      #expect(answer.status == 404)
      #expect(JSONValue(json: answer.body)?["kind"] == "Status")
    }
  }

  @Test("an answer in protobuf alone is refused with 406")
  func notAcceptable() async throws {
    try await withDouble { _, client in
      let answer = try await client.send(
        "GET", Samples.configMaps, headers: [("Accept", "application/vnd.kubernetes.protobuf")])
      #expect(answer.status == 406)
    }
  }

  private struct List {
    let names: [String]
    let metadata: JSONValue
  }

  private func list(_ client: RawHTTPClient, _ query: String) async throws -> List {
    let answer = try await client.send("GET", "\(Samples.configMaps)?\(query)")
    try #require(answer.status == 200, "\(answer.body)")
    let document = try #require(JSONValue(json: answer.body))
    let names = (document["items"]?.arrayValue ?? []).compactMap { $0[["metadata", "name"]]?.stringValue }
    return List(names: names, metadata: document["metadata"] ?? [:])
  }
}
