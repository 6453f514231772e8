import APIServerDouble
import JSON
import KubernetesAPI
import RealComponents
import Testing

@testable import KubernetesClient

extension ReflectorTests {
  /// The bookmark behind the events that make a list.
  static func end(at version: Int) -> String {
    #"{"type":"BOOKMARK","object":{"metadata":{"annotations":{"k8s.io/initial-events-end":"true"},"#
      + #""resourceVersion":"\#(version)"}}}"# + "\n"
  }

  static let lost = TransportError(.connectionLost, server: "https://test", message: "reset")
  static let silent = TransportError(.idle, server: "https://test", message: "silent")

  @Test("a list that is streamed is told object by object, and synced with its last bookmark")
  func streamed() async throws {
    let outcome = await reflect(
      [
        .ok(Note.event("ADDED", "a", at: 1) + Note.event("ADDED", "b", at: 2), Self.end(at: 5)),
        .ok(Note.event("MODIFIED", "a", at: 6)),
      ], streamedLists: StreamedLists())
    #expect(outcome.events == ["upsert demo/a@1", "upsert demo/b@2", "synced", "upsert demo/a@6"])
    #expect(outcome.asked == ["stream", "watch @5", "watch @6"])
    let request = try #require(outcome.requests.first)
    #expect(request.parameter("resourceVersionMatch") == "NotOlderThan")
    #expect(request.parameter("allowWatchBookmarks") == "true")
    #expect(request.parameter("resourceVersion") == nil)
  }

  @Test("the recorded streamed list of a real server is read to its end")
  func streamedTranscript() async throws {
    let transcript = try Transcript("35-watch-initial-events")
    let outcome = await reflect([.ok(String(decoding: transcript.body, as: UTF8.self))], streamedLists: StreamedLists())
    #expect(outcome.events.count == 9)
    #expect(outcome.events.last == "synced")
    #expect(outcome.asked == ["stream", "watch @269"])
  }

  @Test("what changes while a list is streamed belongs to it")
  func changesWithin() async {
    let outcome = await reflect(
      [
        .ok(
          Note.event("ADDED", "a", at: 1), Note.event("ADDED", "b", at: 2), Note.event("MODIFIED", "a", at: 6),
          Note.event("DELETED", "b", at: 7), Note.event("ADDED", "b", at: 2), Self.end(at: 7))
      ], streamedLists: StreamedLists())
    #expect(
      outcome.events == ["upsert demo/a@1", "upsert demo/b@2", "upsert demo/a@6", "delete demo/b", "synced"])
  }

  @Test("a second streamed list is a difference, and deletions are told when it is whole")
  func secondStream() async {
    let outcome = await reflect(
      [
        .ok(Note.event("ADDED", "a", at: 1), Note.event("ADDED", "b", at: 2), Self.end(at: 5)), .ok(Self.gone),
        .ok(Note.event("ADDED", "a", at: 1), Note.event("ADDED", "c", at: 6), Self.end(at: 8)),
      ], streamedLists: StreamedLists())
    #expect(outcome.events == ["upsert demo/a@1", "upsert demo/b@2", "synced", "upsert demo/c@6", "delete demo/b"])
    #expect(outcome.asked == ["stream", "watch @5", "stream", "watch @8"])
  }

  @Test("a streamed list that breaks is begun anew, and nothing is synced or deleted before it is whole")
  func brokenStream() async {
    let half = String(Note.event("ADDED", "b", at: 2).prefix(20))
    let outcome = await reflect(
      [
        .ok(Note.event("ADDED", "a", at: 1), half, end: .broken(Self.lost)),
        .ok(Note.event("ADDED", "b", at: 2), Self.end(at: 5)),
      ], streamedLists: StreamedLists())
    #expect(outcome.events == ["upsert demo/a@1", "upsert demo/b@2", "delete demo/a", "synced"])
    #expect(outcome.asked == ["stream", "stream", "watch @5"])
    #expect(outcome.reasons == [.disconnected])
  }

  @Test("a streamed list that breaks three times is read in pages; the next one is streamed again")
  func brokenThrice() async {
    let knowledge = StreamedLists()
    knowledge.given()
    let broken = ScriptedTransport.Answer.ok(end: .broken(Self.lost))
    let outcome = await reflect(
      [broken, broken, .ok(), .ok(Note.list([], at: 5)), .ok(Self.gone), .ok(Self.end(at: 8))],
      streamedLists: knowledge)
    #expect(outcome.asked == ["stream", "stream", "stream", "list", "watch @5", "stream", "watch @8"])
    #expect(outcome.reasons == [.disconnected, .disconnected, .malformed, .expired])
  }

  @Test("a server that refuses to stream is asked for pages at once, and never to stream again", arguments: [400, 422])
  func refusedStream(code: Int) async {
    let knowledge = StreamedLists()
    let list = ScriptedTransport.Answer.ok(Note.list([Note.json("a", at: 1)], at: 5))
    let outcome = await reflect(
      [.status(code, "Invalid"), list, .ok(Self.gone), list], streamedLists: knowledge)
    #expect(outcome.asked == ["stream", "list", "watch @5", "list", "watch @5"])
    #expect(outcome.events == ["upsert demo/a@1", "synced"])
    #expect(outcome.reasons == [.expired])
    #expect(outcome.delays.count == 1)
    #expect(await reflect([list], streamedLists: knowledge).asked == ["list", "watch @5"])
  }

  @Test(
    "a server that takes the request for a plain watch is found out by its bookmark, its silence, or its end",
    arguments: [
      ScriptedTransport.Answer.ok(Note.event("ADDED", "a", at: 1), Note.bookmark(at: 5)),
      .ok(Note.event("ADDED", "a", at: 1), end: .broken(silent)), .ok(Note.event("ADDED", "a", at: 1)),
    ])
  func ignoredStream(answer: ScriptedTransport.Answer) async {
    let outcome = await reflect(
      [answer, .ok(Note.list([Note.json("a", at: 1), Note.json("b", at: 2)], at: 6))], streamedLists: StreamedLists())
    #expect(outcome.events == ["upsert demo/a@1", "upsert demo/b@2", "synced"])
    #expect(outcome.asked == ["stream", "list", "watch @6"])
    #expect(outcome.restarts.isEmpty)
  }

  @Test("a kind that is absent is absent for a streamed list, too")
  func absentStream() async {
    let missing = ScriptedTransport.Answer.refusal(404, "404 page not found\n")
    let outcome = await reflect(
      [missing, missing, .ok(Note.event("ADDED", "a", at: 1), Self.end(at: 5))], streamedLists: StreamedLists())
    #expect(outcome.events == ["absent", "upsert demo/a@1", "synced"])
    #expect(outcome.asked == ["stream", "stream", "stream", "watch @5"])
  }
}

extension APIServerTests {
  private func reflect(_ ports: [String: Int], _ server: APIServerDouble, _ client: KubernetesClient) async throws {
    try await GatewayMirror.reflecting(client, pageSize: 10) { mirror in
      try await mirror.shows(ports)
      try await eventually("the mirror is whole") { mirror.state.syncs == 1 }
      try await server.putGateway("late", port: 99)
      try await eventually("the watch goes on") { mirror.state.ports["late"] == 99 }
      #expect(mirror.state.restarts.isEmpty)
    }
    try await server.deleteGateway("late")
  }

  @Test("lists are streamed where the server can, and paged where not", arguments: [true, false])
  func streamedLists(isGiven: Bool) async throws {
    try await withServer {
      $0.streamedLists = isGiven ? .given : .refused
    } _: { server, client in
      var ports: [String: Int] = [:]
      for port in 1...40 {
        ports["gateway-\(port)"] = port
        try await server.putGateway("gateway-\(port)", port: port)
      }
      try await reflect(ports, server, client)
      try await reflect(ports, server, client)
      let lists = await server.requests.filter { !$0.isWatch }
      #expect(lists.count { $0.isStreamedList } == (isGiven ? 2 : 1))
      #expect(lists.count { !$0.isStreamedList } == (isGiven ? 0 : 8))
    }
  }

  @Test("a server that passes the wish for a streamed list over is read in pages")
  func unknowingServer() async throws {
    try await withServer {
      $0.streamedLists = .ignored
      $0.bookmarkInterval = .milliseconds(50)
    } _: { server, client in
      try await server.putGateway("a", port: 80)
      try await GatewayMirror.reflecting(client) { mirror in
        try await mirror.shows(["a": 80])
        try await eventually("the mirror is whole") { mirror.state.syncs == 1 }
        try await server.putGateway("a", port: 81)
        try await mirror.shows(["a": 81])
        #expect(await server.requests.count { $0.isStreamedList } == 1)
      }
    }
  }
}
