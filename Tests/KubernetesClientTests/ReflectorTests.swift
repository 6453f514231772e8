import JSON
import KubernetesAPI
import KubernetesClient
import Synchronization
import Testing

@Suite("The reflector, against a scripted server", .timeLimit(.minutes(1)))
struct ReflectorTests {
  /// What one run brought.
  struct Outcome {
    var events: [String]
    var restarts: [WatchRestart]
    var requests: [HTTPRequest]
    var delays: [Duration]
    /// How often it was told that requests are taken again.
    var recoveries: Int

    var reasons: [WatchRestart.Reason] { restarts.map(\.reason) }

    /// What was asked for: `list`, `list >TOKEN`, `watch @VERSION`.
    var asked: [String] {
      requests.map { request in
        if request.parameter("sendInitialEvents") != nil { return "stream" }
        if request.parameter("watch") != nil { return "watch @\(request.parameter("resourceVersion") ?? "?")" }
        return request.parameter("continue").map { "list >\($0)" } ?? "list"
      }
    }
  }

  /// Runs a reflector until the script is used up.
  func reflect(
    _ script: [ScriptedTransport.Answer], lifetime: Duration = .seconds(60), streamedLists: StreamedLists? = nil
  ) async -> Outcome {
    let transport = ScriptedTransport(script)
    let clock = ScriptedClock(step: lifetime)
    let events = Mutex<[String]>([])
    let restarts = Mutex<[WatchRestart]>([])
    let recoveries = Atomic(0)
    await transport.runToEnd {
      let reflector = Reflector<Note>(
        Note.resource, client: KubernetesClient(requests: transport, streams: transport, streamedLists: streamedLists),
        clock: clock.clock,
        decode: { reader throws(JSONError) in try Note(from: &reader) },
        onRestart: { restart in restarts.withLock { $0.append(restart) } },
        onRecovery: { recoveries.add(1, ordering: .relaxed) })
      await reflector.run { event in
        events.withLock { $0.append(Self.text(event)) }
      }
    }
    return Outcome(
      events: events.withLock(\.self), restarts: restarts.withLock(\.self), requests: transport.requests,
      delays: clock.delays, recoveries: recoveries.load(ordering: .relaxed))
  }

  static func text(_ event: ReflectorEvent<Note>) -> String {
    switch event {
    case .upsert(let note): "upsert \(note.metadata.id)@\(note.metadata.resourceVersion)"
    case .delete(let id): "delete \(id)"
    case .undecodable(let id, let error): "undecodable \(id?.description ?? "?"): \(error)"
    case .synced: "synced"
    case .absent: "absent"
    }
  }

  // MARK: The usual course

  @Test("a list is told object by object, then synced, then the watch's changes")
  func usualCourse() async {
    let outcome = await reflect([
      .ok(Note.list([Note.json("a", at: 1), Note.json("b", at: 2)], at: 5)),
      .ok(
        Note.event("ADDED", "c", at: 6), Note.event("MODIFIED", "a", at: 7) + Note.event("DELETED", "b", at: 8)),
    ])
    #expect(
      outcome.events == [
        "upsert demo/a@1", "upsert demo/b@2", "synced", "upsert demo/c@6", "upsert demo/a@7", "delete demo/b",
      ])
    #expect(outcome.asked == ["list", "watch @5", "watch @8"])
    #expect(outcome.reasons == [.ended])
    #expect(outcome.delays.isEmpty)
  }

  @Test("a list of several pages is followed to its end")
  func pages() async {
    let outcome = await reflect([
      .ok(Note.list([Note.json("a", at: 1)], at: 5, continueToken: "t1")),
      .ok(Note.list([Note.json("b", at: 2)], at: 5, continueToken: "t2")),
      .ok(Note.list([Note.json("c", at: 3)], at: 5)),
    ])
    #expect(outcome.events == ["upsert demo/a@1", "upsert demo/b@2", "upsert demo/c@3", "synced"])
    #expect(outcome.asked == ["list", "list >t1", "list >t2", "watch @5"])
    #expect(outcome.requests[0].parameter("limit") == "500")
  }

  @Test("a watch asks for bookmarks, and for an end within its bounds")
  func watchRequest() async throws {
    let outcome = await reflect([.ok(Note.list([], at: 5))])
    let watch = try #require(outcome.requests.last)
    #expect(watch.path == "/apis/tests.example/v1/notes")
    #expect(watch.parameter("allowWatchBookmarks") == "true")
    #expect(watch.parameter("timeoutSeconds") == "450")
    #expect(watch.timeouts.idle == .seconds(90))
  }

  @Test("a watch with bookmarks only goes on from the last one")
  func bookmarksOnly() async {
    let outcome = await reflect([
      .ok(Note.list([], at: 5)), .ok(Note.bookmark(at: 9), Note.bookmark(at: 12)),
    ])
    #expect(outcome.events == ["synced"])
    #expect(outcome.asked == ["list", "watch @5", "watch @12"])
  }

  @Test("the same state told twice is passed on once")
  func duplicates() async {
    let outcome = await reflect([
      .ok(Note.list([Note.json("a", at: 1)], at: 5)),
      .ok(
        Note.event("ADDED", "a", at: 1), Note.event("MODIFIED", "a", at: 6), Note.event("MODIFIED", "a", at: 6),
        Note.event("DELETED", "x", at: 7)),
    ])
    #expect(outcome.events == ["upsert demo/a@1", "synced", "upsert demo/a@6"])
  }

  // MARK: Lost threads

  static let gone = #"{"type":"ERROR","object":{"kind":"Status","reason":"Expired","message":"old","code":410}}"#

  @Test(
    "when the server no longer knows the state, the second list becomes a difference",
    arguments: [ScriptedTransport.Answer.ok(gone), .status(410, "Expired")])
  func expired(answer: ScriptedTransport.Answer) async {
    let outcome = await reflect([
      .ok(Note.list([Note.json("a", at: 1), Note.json("b", at: 2), Note.json("c", at: 3)], at: 5)), answer,
      .ok(Note.list([Note.json("a", at: 1), Note.json("c", at: 9), Note.json("d", at: 8)], at: 10)),
    ])
    #expect(
      outcome.events == [
        "upsert demo/a@1", "upsert demo/b@2", "upsert demo/c@3", "synced", "upsert demo/c@9", "upsert demo/d@8",
        "delete demo/b",
      ])
    #expect(outcome.asked == ["list", "watch @5", "list", "watch @10"])
    #expect(outcome.reasons == [.expired])
  }

  @Test("a page that is no longer to be had starts the list again, telling nothing twice", arguments: [410, 400])
  func expiredContinue(code: Int) async {
    let outcome = await reflect([
      .ok(Note.list([Note.json("a", at: 1)], at: 5, continueToken: "t1")), .status(code, "Expired"),
      .ok(Note.list([Note.json("a", at: 1)], at: 7, continueToken: "t2")),
      .ok(Note.list([Note.json("b", at: 2)], at: 7)),
    ])
    #expect(outcome.events == ["upsert demo/a@1", "upsert demo/b@2", "synced"])
    #expect(outcome.asked == ["list", "list >t1", "list", "list >t2", "watch @7"])
  }

  @Test("a watch that is cut within an event goes on after the last whole one")
  func cutInEvent() async {
    let whole = Note.event("ADDED", "a", at: 6)
    let half = String(Note.event("ADDED", "b", at: 7).prefix(30))
    let lost = TransportError(.connectionLost, server: "https://test", message: "reset")
    let outcome = await reflect([
      .ok(Note.list([], at: 5)), .ok(whole, half, end: .broken(lost)),
      .ok(Note.event("ADDED", "b", at: 7)),
    ])
    #expect(outcome.events == ["synced", "upsert demo/a@6", "upsert demo/b@7"])
    #expect(outcome.asked == ["list", "watch @5", "watch @6", "watch @7"])
    #expect(outcome.reasons == [.disconnected, .ended])
  }

  @Test("a list that is cut keeps what came, and asks for the same page again")
  func cutInList() async {
    let page = Note.list([Note.json("b", at: 2), Note.json("c", at: 3)], at: 5)
    let lost = TransportError(.connectionLost, server: "https://test", message: "reset")
    let outcome = await reflect([
      .ok(Note.list([Note.json("a", at: 1)], at: 5, continueToken: "t1")),
      .ok(String(page.prefix(120)), end: .broken(lost)), .ok(page),
    ])
    #expect(outcome.events == ["upsert demo/a@1", "upsert demo/b@2", "upsert demo/c@3", "synced"])
    #expect(outcome.asked == ["list", "list >t1", "list >t1", "watch @5"])
  }

  @Test("what a list showed before it was cut is gone when the next one does not show it")
  func cutInFirstPage() async {
    let lost = TransportError(.connectionLost, server: "https://test", message: "reset")
    let page = Note.list([Note.json("a", at: 1), Note.json("b", at: 2)], at: 5)
    let outcome = await reflect([
      .ok(String(page.prefix(page.count - 10)), end: .broken(lost)), .ok(Note.list([Note.json("b", at: 2)], at: 6)),
    ])
    #expect(outcome.events == ["upsert demo/a@1", "upsert demo/b@2", "delete demo/a", "synced"])
  }

  @Test("a list that ends in good order before it is whole is not taken for the truth")
  func shortList() async {
    let outcome = await reflect([
      .ok(Note.list([Note.json("a", at: 1), Note.json("b", at: 2)], at: 5)), .ok(Self.gone),
      .ok(#"{"metadata":{"resourceVersion":"9"},"items":["# + Note.json("a", at: 1)),
      .ok(Note.list([Note.json("a", at: 1), Note.json("b", at: 2)], at: 9)),
    ])
    #expect(outcome.events == ["upsert demo/a@1", "upsert demo/b@2", "synced"])
    #expect(outcome.reasons == [.expired, .malformed])
  }

  @Test("garbage between the events leads to a new list, because an event may be lost in it")
  func garbage() async {
    let outcome = await reflect([
      .ok(Note.list([], at: 5)), .ok(Note.event("ADDED", "a", at: 6) + "<html>bad gateway</html>\n"),
      .ok(Note.list([Note.json("a", at: 6), Note.json("b", at: 7)], at: 7)),
    ])
    #expect(outcome.events == ["synced", "upsert demo/a@6", "upsert demo/b@7"])
    #expect(outcome.reasons == [.malformed])
    #expect(outcome.restarts[0].message.contains("<html>bad gateway"))
  }

  @Test("an event that breaks in its middle is named, and leads to a new list, because what it said is lost")
  func brokenEvent() async {
    let whole = Note.event("DELETED", "a", at: 7)
    for broken in [String(whole.dropLast(2)) + "\n", whole.replacing(#"text":""#, with: #"text":nonsense""#)] {
      let outcome = await reflect([
        .ok(Note.list([Note.json("a", at: 1)], at: 5)), .ok(broken + Note.event("ADDED", "b", at: 8)),
        .ok(Note.list([Note.json("b", at: 8)], at: 8)),
      ])
      #expect(outcome.events == ["upsert demo/a@1", "synced", "upsert demo/b@8", "delete demo/a"])
      #expect(outcome.reasons == [.malformed])
      #expect(outcome.restarts[0].message.contains("the event about demo/a"))
    }
  }

  @Test("a server whose every watch breaks in an event is listed less and less often, whatever comes before it")
  func alwaysBroken() async {
    let list = ScriptedTransport.Answer.ok(Note.list([], at: 6))
    let broken = ScriptedTransport.Answer.ok(Note.bookmark(at: 6), "{\n")
    let outcome = await reflect([list, broken, list, broken, list, broken, list], lifetime: .seconds(2))
    #expect(outcome.delays == [.milliseconds(300), .milliseconds(600), .milliseconds(1200)])
    let lasting = await reflect([list, broken, list, broken, list], lifetime: .seconds(20))
    #expect(lasting.delays == [.milliseconds(300), .milliseconds(300)])
  }

  @Test("a watch that fell silent after it spoke is resumed; one that never spoke is replaced by a list")
  func stall() async {
    let idle = TransportError(.idle, server: "https://test", message: "silent")
    let outcome = await reflect([
      .ok(Note.list([], at: 5)), .ok(Note.bookmark(at: 6), end: .broken(idle)), .ok(end: .broken(idle)),
      .ok(Note.list([Note.json("a", at: 7)], at: 8)),
    ])
    #expect(outcome.asked == ["list", "watch @5", "watch @6", "list", "watch @8"])
    #expect(outcome.reasons == [.stalled, .stalled])
  }

  // MARK: Objects that cannot be read

  @Test("an object that cannot be decoded costs only itself")
  func undecodable() async {
    let outcome = await reflect([
      .ok(Note.list([Note.json("a", at: 1, text: "7"), Note.json("b", at: 2)], at: 5)),
      .ok(
        Note.event("ADDED", "c", at: 6, text: "[]"), #"{"type":"ADDED","object":{"metadata":{"name":7}}}"#,
        Note.event("MODIFIED", "a", at: 8), Note.event("DELETED", "c", at: 9, text: "[]")),
    ])
    #expect(
      outcome.events == [
        "undecodable demo/a: text: expected a string, found a number", "upsert demo/b@2", "synced",
        "undecodable demo/c: text: expected a string, found an array",
        "undecodable ?: metadata.name: expected a string, found a number", "upsert demo/a@8", "delete demo/c",
      ])
    #expect(outcome.asked.last == "watch @9")
  }

  @Test("an object that still cannot be decoded is not told again by the next list")
  func undecodableOnce() async {
    let list = Note.list([Note.json("a", at: 1, text: "7")], at: 5)
    let outcome = await reflect([.ok(list), .ok(Self.gone), .ok(list)])
    #expect(outcome.events == ["undecodable demo/a: text: expected a string, found a number", "synced"])
  }

  @Test("broken JSON that has the shape of an item is told by name, and the list goes on")
  func brokenItem() async {
    let broken = #"{"metadata":{"namespace":"demo","name":"a","resourceVersion":"1"},"text":nonsense}"#
    let outcome = await reflect([.ok(Note.list([broken, Note.json("b", at: 2)], at: 5))])
    #expect(outcome.events.count == 3)
    #expect(outcome.events[0].hasPrefix("undecodable demo/a: text:"))
    #expect(outcome.events[1...] == ["upsert demo/b@2", "synced"])
  }

  // MARK: Refusals

  @Test("a kind that is absent is told once, its objects are gone, and it is picked up when it appears")
  func absent() async {
    let missing = ScriptedTransport.Answer.refusal(404, "404 page not found\n")
    let outcome = await reflect([
      .ok(Note.list([Note.json("a", at: 1)], at: 5)), .refusal(404, "404 page not found\n"), missing, missing, missing,
      .ok(Note.list([Note.json("b", at: 7)], at: 8)),
    ])
    #expect(outcome.events == ["upsert demo/a@1", "synced", "delete demo/a", "absent", "upsert demo/b@7", "synced"])
    #expect(outcome.asked == ["list", "watch @5", "list", "list", "list", "list", "watch @8"])
    #expect(outcome.reasons == [.absent, .absent])
    #expect(outcome.delays[1...] == [.seconds(30), .seconds(30), .seconds(30)])
  }

  @Test("the server's Retry-After is waited out, and a little more", arguments: [429, 503])
  func retryAfter(code: Int) async {
    let outcome = await reflect([
      .status(code, "TooManyRequests", headers: ["retry-after": "8"]), .ok(Note.list([], at: 5)),
    ])
    #expect(outcome.delays == [.seconds(9)])
    #expect(outcome.reasons == [.throttled])
  }

  @Test("a refusal is told with its reason, and tried again", arguments: [(401, "unauthorized"), (403, "forbidden")])
  func refused(code: Int, reason: String) async {
    let outcome = await reflect([
      .status(code, "No"), .ok(Note.list([Note.json("a", at: 1)], at: 5)), .status(code, "No"),
      .ok(Note.event("ADDED", "b", at: 6)),
    ])
    #expect(outcome.events == ["upsert demo/a@1", "synced", "upsert demo/b@6"])
    #expect(outcome.restarts.prefix(2).map(\.reason.rawValue) == [reason, reason])
    #expect(outcome.restarts[0].message.contains("GET /apis/tests.example/v1/notes: \(code)"))
    #expect(outcome.asked == ["list", "list", "watch @5", "watch @5", "watch @6"])
  }

  @Test("waits grow from failure to failure, and begin anew after a watch that brought something")
  func backoff() async {
    let refused = ScriptedTransport.Answer.failure(.connectionRefused)
    let outcome = await reflect(
      Array(repeating: refused, count: 8) + [
        .ok(Note.list([], at: 5)), refused, .ok(Note.bookmark(at: 6)), refused,
      ], lifetime: .seconds(2))
    let seconds = outcome.delays.map { Double($0.components.seconds) + Double($0.components.attoseconds) / 1e18 }
    #expect(
      seconds.map { ($0 * 100).rounded() / 100 } == [0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 19.2, 22.5, 22.5, 0.3])
    #expect(outcome.reasons.filter { $0 == .disconnected }.count == 10)
  }

  @Test("after a minute without the server every object is told again, since its versions may mean something else now")
  func restoredUnseen() async {
    let refused = ScriptedTransport.Answer.failure(.connectionRefused)
    for (failures, isToldAgain) in [(3, false), (4, true)] {
      let outcome = await reflect(
        [.ok(Note.list([Note.json("a", at: 60)], at: 90))] + Array(repeating: refused, count: failures) + [
          isToldAgain ? .ok(Note.list([Note.json("a", at: 60)], at: 100)) : .ok(Note.event("ADDED", "b", at: 100))
        ])
      #expect(outcome.events == ["upsert demo/a@60", "synced", isToldAgain ? "upsert demo/a@60" : "upsert demo/b@100"])
      #expect(outcome.asked.last == "watch @100")
    }
  }

  @Test("a server that comes back without its history is listed without the pause of one that is gone")
  func expiredAfterOutage() async {
    let refused = ScriptedTransport.Answer.failure(.connectionRefused)
    let gone = ScriptedTransport.Answer.status(410, "Expired")
    let outcome = await reflect(
      [.ok(Note.list([], at: 5)), refused, refused, refused, gone, .ok(Note.list([], at: 9)), gone],
      lifetime: .seconds(2))
    #expect(
      outcome.delays == [
        .milliseconds(300), .milliseconds(600), .milliseconds(1200), .milliseconds(300), .milliseconds(600),
      ])
    #expect(outcome.recoveries == 1)
  }

  @Test("a server that ends each watch at once is not asked without a pause")
  func shortWatches() async {
    let outcome = await reflect([.ok(Note.list([], at: 5)), .ok(), .ok(), .ok()], lifetime: .milliseconds(10))
    #expect(outcome.delays.count == 3)
    #expect(outcome.delays[2] > outcome.delays[0])
  }

  @Test("as long as the consumer is busy, nothing more is read")
  func backpressure() async {
    let transport = ScriptedTransport([.ok(Note.list([Note.json("a", at: 1), Note.json("b", at: 2)], at: 5))])
    let delivered = Mutex(0)
    let (gate, open) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    await transport.runToEnd {
      let reflector = Reflector<Note>(
        Note.resource, client: KubernetesClient(requests: transport, streams: transport),
        decode: { reader throws(JSONError) in try Note(from: &reader) })
      await reflector.run { _ in
        let count = delivered.withLock { count in
          count += 1
          return count
        }
        // The list's request is made, the watch's is not: the consumer has the first of its events in hand.
        #expect(count > 2 || transport.requests.count == 1)
        open.yield()
        for await _ in gate { break }
      }
    }
    #expect(delivered.withLock(\.self) == 3)
  }
}
