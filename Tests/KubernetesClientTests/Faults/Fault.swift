import KubernetesClient
import Testing

/// A row of the fault table: what a server or a network does, answer by answer, and what must come of it.
struct Fault: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// From the first request on. The reflector's next request ends the run.
  let script: [ScriptedTransport.Answer]
  /// The server's objects in the end, each with its version.
  let server: [String: Int]
  /// What the server has when it can be known for the first time; nil for the same as in the end.
  let first: [String: Int]?
  /// What is asked for, in order, as ``ReflectorTests/Outcome/asked`` has it.
  let asked: [String]
  /// What is told to logs and metrics.
  let reasons: [WatchRestart.Reason]
  var streams: Bool

  init(
    _ name: String, _ script: [ScriptedTransport.Answer], server: [String: Int], first: [String: Int]? = nil,
    asked: [String], reasons: [WatchRestart.Reason], streams: Bool = false
  ) {
    (testDescription, self.script, self.server, self.first) = (name, script, server, first)
    (self.asked, self.reasons, self.streams) = (asked, reasons, streams)
  }
}

extension Fault {
  private typealias Answer = ScriptedTransport.Answer

  private static let a = Note.json("a", at: 1)
  private static let b = Note.json("b", at: 2)
  /// The list of `a` and `b`.
  private static let list = Note.list([a, b], at: 5)
  private static let listed = ["a": 1, "b": 2]
  private static let lost = ReflectorTests.lost
  private static let silent = ReflectorTests.silent
  private static let big = #"""# + String(repeating: "x", count: 3 << 19) + #"""#

  /// The table of what may happen between a client and its API server. What is not here:
  ///
  /// | fault | where |
  /// |---|---|
  /// | TLS failures of each kind, HTTP that is none, cut and broken encodings | `CurlTransportTests`, `TLSTests` |
  /// | certificate and token rotated | `CredentialRotationTests` |
  /// | a connection dead without a word, GOAWAY, the bound on streams, a slow consumer | `SharedConnectionTests` |
  /// | 500s for a minute; 50,000 objects of which none is ours | `FaultTableTests`, with their own figures |
  /// | all of them in any order | `WatchModelTests` |
  static let table: [Fault] = connections + answers + states + objects

  private static let connections = [
    Fault(
      "nothing listens",
      Array(repeating: .failure(.connectionRefused), count: 3) + [.ok(list)], server: listed,
      asked: ["list", "list", "list", "list", "watch @5"],
      reasons: [.disconnected, .disconnected, .disconnected]),
    Fault(
      "the TLS handshake fails", [.failure(.tls), .ok(list), .failure(.tls), .ok(Note.event("ADDED", "c", at: 6))],
      server: ["a": 1, "b": 2, "c": 6], first: listed, asked: ["list", "list", "watch @5", "watch @5", "watch @6"],
      reasons: [.untrusted, .untrusted, .ended]),
    Fault(
      "a list is reset in its middle", [.ok(String(list.prefix(list.count / 2)), end: .broken(lost)), .ok(list)],
      server: listed, asked: ["list", "list", "watch @5"], reasons: [.disconnected]),
    Fault(
      "a page is reset in its middle, and the token is good still",
      [
        .ok(Note.list([a], at: 5, continueToken: "t")), .ok(#"{"items":["# + b, end: .broken(lost)),
        .ok(Note.list([b], at: 5)),
      ], server: listed, asked: ["list", "list >t", "list >t", "watch @5"], reasons: [.disconnected]),
    Fault(
      "an event is reset in its middle",
      [
        .ok(list), .ok(Note.event("ADDED", "c", at: 6), #"{"type":"DELETED","object":{"meta"#, end: .broken(lost)),
        .ok(Note.event("DELETED", "a", at: 7)),
      ], server: ["b": 2, "c": 6], first: listed, asked: ["list", "watch @5", "watch @6", "watch @7"],
      reasons: [.disconnected, .ended]),
    Fault(
      "the server sends byte after byte", [bytes(list), bytes(Note.event("ADDED", "c", at: 6))],
      server: ["a": 1, "b": 2, "c": 6], first: listed, asked: ["list", "watch @5", "watch @6"], reasons: [.ended]),
    Fault(
      "a list stalls", [.ok(String(list.prefix(30)), end: .broken(silent)), .ok(list)], server: listed,
      asked: ["list", "list", "watch @5"], reasons: [.stalled]),
    Fault(
      "a watch stalls after it spoke",
      [.ok(list), .ok(Note.bookmark(at: 6), end: .broken(silent)), .ok(Note.event("DELETED", "a", at: 7))],
      server: ["b": 2], first: listed, asked: ["list", "watch @5", "watch @6", "watch @7"],
      reasons: [.stalled, .ended]),
    Fault(
      "a watch stalls that never spoke",
      [.ok(list), .ok(end: .broken(silent)), .ok(Note.list([b], at: 7))],
      server: ["b": 2], first: listed, asked: ["list", "watch @5", "list", "watch @7"], reasons: [.stalled]),
  ]

  private static let answers = [
    Fault(
      "401, and the credentials are good again", [.status(401, "Unauthorized"), .ok(list)], server: listed,
      asked: ["list", "list", "watch @5"], reasons: [.unauthorized]),
    Fault(
      "410 for a watch, as its answer",
      [.ok(list), .status(410, "Expired"), .ok(Note.list([b, Note.json("c", at: 8)], at: 9))],
      server: ["b": 2, "c": 8], first: listed, asked: ["list", "watch @5", "list", "watch @9"], reasons: [.expired]),
    Fault(
      "410 for a watch, as an event",
      [.ok(list), .ok(ReflectorTests.gone), .ok(Note.list([b, Note.json("c", at: 8)], at: 9))],
      server: ["b": 2, "c": 8], first: listed, asked: ["list", "watch @5", "list", "watch @9"], reasons: [.expired]),
    Fault(
      "410 for a page",
      [.ok(Note.list([a], at: 5, continueToken: "t")), .status(410, "Expired"), .ok(Note.list([b], at: 8))],
      server: ["b": 2], asked: ["list", "list >t", "list", "watch @8"], reasons: [.expired]),
    Fault(
      "429 and 503 with Retry-After",
      [
        .status(429, "TooManyRequests", headers: ["retry-after": "2"]), .ok(list),
        .status(503, "ServiceUnavailable", headers: ["retry-after": "2"]), .ok(Note.event("DELETED", "a", at: 7)),
      ], server: ["b": 2], first: listed, asked: ["list", "list", "watch @5", "watch @5", "watch @7"],
      reasons: [.throttled, .throttled, .ended]),
    Fault(
      "a proxy's page in the place of an answer", [.ok("<html>"), .ok(list), .ok("<html>"), .ok(list)],
      server: listed, asked: ["list", "list", "watch @5", "list", "watch @5"], reasons: [.malformed, .malformed]),
    Fault(
      "a streamed list breaks off, and what it showed is gone",
      [
        .ok(Note.event("ADDED", "x", at: 1), end: .broken(lost)), .ok(Note.event("ADDED", "a", at: 1)),
        .ok(ReflectorTests.gone),
        .ok(Note.event("ADDED", "a", at: 1) + Note.event("ADDED", "b", at: 2), ReflectorTests.end(at: 5)),
      ], server: listed, asked: ["stream", "stream", "stream", "stream", "watch @5"],
      reasons: [.disconnected, .malformed, .expired], streams: true),
  ]

  private static let states = [
    Fault(
      "no bookmarks ever come",
      [.ok(list), .ok(Note.event("ADDED", "c", at: 6), end: .broken(lost)), .ok(end: .broken(lost)), .ok()],
      server: ["a": 1, "b": 2, "c": 6], first: listed,
      asked: ["list", "watch @5", "watch @6", "watch @6", "watch @6"], reasons: [.disconnected, .disconnected, .ended]),
    Fault(
      "events come twice, late, and in the wrong order",
      [
        .ok(list),
        .ok(
          Note.event("MODIFIED", "a", at: 8), Note.event("MODIFIED", "a", at: 7), Note.event("ADDED", "c", at: 6),
          Note.event("DELETED", "b", at: 10), Note.event("MODIFIED", "b", at: 9), Note.event("DELETED", "c", at: 11),
          Note.event("ADDED", "c", at: 13), Note.event("DELETED", "c", at: 12), Note.event("ADDED", "c", at: 13),
          Note.bookmark(at: 14), Note.event("MODIFIED", "b", at: 9)),
      ], server: ["a": 8, "c": 13], first: listed, asked: ["list", "watch @5", "watch @14"], reasons: [.ended]),
    Fault(
      "the server was restored from a backup, and is silent about a state that it does not have",
      [
        .ok(Note.list([Note.json("a", at: 60), b], at: 90)), .ok(end: .broken(silent)),
        .ok(Note.list([Note.json("a", at: 50), b], at: 70)), .ok(Note.list([Note.json("a", at: 50), b], at: 70)),
        .ok(Note.event("MODIFIED", "a", at: 80)),
      ], server: ["a": 80, "b": 2], first: ["a": 60, "b": 2],
      asked: ["list", "watch @90", "list", "list", "watch @70", "watch @80"], reasons: [.stalled, .ended]),
    Fault(
      "the server was restored from a backup, and says so (504)",
      [
        .ok(Note.list([Note.json("a", at: 60), b], at: 90)),
        .status(504, "Timeout", headers: ["retry-after": "1"]), .ok(Note.list([b], at: 70)),
        .ok(Note.list([b], at: 70)),
      ], server: ["b": 2], first: ["a": 60, "b": 2],
      asked: ["list", "watch @90", "list", "list", "watch @70"], reasons: [.refused]),
    Fault(
      "the server was restored while it was away, and has written more since than was known of it",
      [.ok(Note.list([Note.json("a", at: 60), b], at: 90))] + Array(repeating: .failure(.connectionRefused), count: 4)
        + [.ok(Note.list([Note.json("a", at: 60, text: #""other""#), Note.json("c", at: 80)], at: 100))],
      server: ["a": 60, "c": 80], first: ["a": 60, "b": 2],
      asked: ["list", "watch @90", "watch @90", "watch @90", "watch @90", "list", "watch @100"],
      reasons: [.disconnected, .disconnected, .disconnected, .disconnected]),
    Fault(
      "the definition is absent, installed, removed and installed again",
      [
        .refusal(404, "404 page not found\n"), .ok(Note.list([a], at: 5)), .refusal(404, "404 page not found\n"),
        .refusal(404, "404 page not found\n"), .ok(Note.list([Note.json("c", at: 20)], at: 21)),
      ], server: ["c": 20], first: ["a": 1],
      asked: ["list", "list", "watch @5", "list", "list", "watch @21"], reasons: [.absent, .absent, .absent]),
  ]

  private static let objects = [
    Fault(
      "an object cannot be decoded, in a list and in an event",
      [
        .ok(Note.list([Note.json("x", at: 1, text: "7"), b], at: 5)),
        .ok(Note.event("ADDED", "y", at: 6, text: "{}"), Note.event("ADDED", "c", at: 7)),
      ], server: ["b": 2, "c": 7], first: ["b": 2], asked: ["list", "watch @5", "watch @7"], reasons: [.ended]),
    Fault(
      "an event never ends, and the watch goes on behind it",
      [
        .ok(list),
        .ok(
          Note.event("ADDED", "c", at: 6), String(Note.event("DELETED", "b", at: 7).dropLast(3)) + "\n",
          Note.event("ADDED", "d", at: 8), Note.bookmark(at: 9)),
        .ok(Note.list([a, Note.json("c", at: 6), Note.json("d", at: 8)], at: 9)),
      ], server: ["a": 1, "c": 6, "d": 8], first: listed, asked: ["list", "watch @5", "list", "watch @9"],
      reasons: [.malformed]),
    Fault(
      "an event of a streamed list never ends, again and again, and the list comes in pages",
      Array(
        repeating: .ok(Note.event("ADDED", "a", at: 1), "{\"type\":\"ADDED\",\n", ReflectorTests.end(at: 5)),
        count: 3
      ) + [.ok(list)], server: listed, asked: ["stream", "stream", "stream", "list", "watch @5"],
      reasons: [.malformed, .malformed, .malformed], streams: true),
    Fault(
      "an object of 1.5 MiB, in a list and in an event",
      [
        .ok(Note.list([Note.json("a", at: 1, text: big), b], at: 5)),
        .ok(Note.event("MODIFIED", "b", at: 6, text: big), Note.event("ADDED", "c", at: 7)),
      ], server: ["a": 1, "b": 6, "c": 7], first: listed, asked: ["list", "watch @5", "watch @7"], reasons: [.ended]),
  ]

  private static func bytes(_ text: String) -> Answer { Answer(chunks: text.utf8.map { [$0] }) }
}
