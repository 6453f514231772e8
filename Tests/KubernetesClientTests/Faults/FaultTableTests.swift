import JSON
import KubernetesAPI
import Synchronization
import Testing

@testable import KubernetesClient

/// Every row of ``Fault/table``, at the reflector, with a scripted server.
@Suite("The fault table", .timeLimit(.minutes(2)))
struct FaultTableTests {
  @Test(
    "after the fault, the consumer has what the server has, and never took a part for the whole",
    arguments: Fault.table)
  func row(_ fault: Fault) async {
    let outcome = await ReflectorTests().reflect(
      fault.script, streamedLists: fault.streams ? Self.streamingServer : nil)
    var store: [String: Int] = [:]
    var syncs = 0
    for event in outcome.events {
      let words = event.split(whereSeparator: { " @".contains($0) }).map(String.init)
      switch words[0] {
      case "upsert": store[Self.name(words[1])] = Int(words[2])
      case "delete": store[Self.name(words[1])] = nil
      case "synced":
        syncs += 1
        if syncs == 1 { #expect(store == fault.first ?? fault.server) }
      default: break
      }
    }
    #expect(store == fault.server)
    #expect(outcome.asked == fault.asked)
    #expect(outcome.reasons == fault.reasons)
  }

  /// A server that is known to stream lists.
  private static var streamingServer: StreamedLists {
    let knowledge = StreamedLists()
    knowledge.given()
    return knowledge
  }

  private static func name(_ id: String) -> String { String(id.drop { $0 != "/" }.dropFirst()) }

  @Test("500s for a minute: what is known stays, the server is not flooded, and the rest follows")
  func minuteOfErrors() async {
    let list = Note.list([Note.json("a", at: 1), Note.json("b", at: 2)], at: 5)
    let failing = ScriptedTransport.Answer.status(500, "InternalError")
    let outcome = await ReflectorTests().reflect(
      [.ok(list)] + Array(repeating: failing, count: 8) + [.ok(Note.list([Note.json("a", at: 9)], at: 10))],
      lifetime: .seconds(1))
    let waited = outcome.delays.reduce(Duration.zero, +)
    #expect(waited > .seconds(60))
    #expect(outcome.events == ["upsert demo/a@1", "upsert demo/b@2", "synced", "upsert demo/a@9", "delete demo/b"])
    #expect(outcome.reasons == Array(repeating: .refused, count: 8))
    #expect(outcome.recoveries == 1)
  }

  @Test("50,000 objects that nobody wants cost one pass over their bytes, and nothing the second time")
  func manyObjects() async {
    let pages = (0..<100).map { page in
      Note.list(
        (0..<500).map { Note.json("object-\(page)-\($0)", at: page * 500 + $0 + 1) }, at: 60_000,
        continueToken: page < 99 ? "t\(page)" : "")
    }
    let script = pages.map { ScriptedTransport.Answer.ok($0) }
    let transport = ScriptedTransport(script + [.ok(ReflectorTests.gone)] + script)
    let counts = Mutex((upserts: 0, others: [String]()))
    await transport.runToEnd {
      let reflector = Reflector<Note>(
        Note.resource, client: KubernetesClient(requests: transport, streams: transport),
        clock: ScriptedClock(step: .seconds(60)).clock,
        decode: { reader throws(JSONError) in try Note(from: &reader) })
      await reflector.run { event in
        counts.withLock { counts in
          if case .upsert = event { counts.upserts += 1 } else { counts.others.append(ReflectorTests.text(event)) }
        }
      }
    }
    let (upserts, others) = counts.withLock { ($0.upserts, $0.others) }
    #expect(upserts == 50_000)
    #expect(others == ["synced"])
    #expect(transport.requests.count == 202)
  }
}
