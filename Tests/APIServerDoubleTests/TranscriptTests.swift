import APIServerDouble
import Testing

@Suite("The recorded exchanges with a real API server")
struct TranscriptTests {
  @Test("all recordings are there")
  func recordings() {
    #expect(Transcript.all.count == 53)
    #expect(Transcript.all.allSatisfy { !$0.method.isEmpty && $0.status > 0 && $0.date != nil })
  }

  @Test("the double answers as the real server did", arguments: Transcript.all)
  func sameAnswer(transcript: Transcript) async throws {
    let outcome = try await TranscriptReplay.shared.outcome(of: transcript)
    #expect(outcome.status == transcript.status)
    for name in TranscriptDifferences.comparedHeaders {
      let own = outcome.headers.first { $0.name.lowercased() == name.lowercased() }?.value
      #expect(own == transcript.answerHeader(name), "the header \(name)")
    }
    let own = TranscriptDifferences.comparable(outcome.body, of: transcript)
    let recorded = TranscriptDifferences.comparable(transcript.answerBody, of: transcript)
    #expect(own.trimmingNewlines == recorded.trimmingNewlines)
  }
}

extension String {
  /// The recordings end each body with a line end, whether it had one or not.
  fileprivate var trimmingNewlines: String {
    String(reversed().drop { $0 == "\n" }.reversed())
  }
}
