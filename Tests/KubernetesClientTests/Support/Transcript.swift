import FoundationEssentials
import Testing

@testable import KubernetesClient

/// A recorded answer of a real API server, from `Fixtures`.
struct Transcript {
  let head: HTTPResponseHead
  let body: [UInt8]

  init(_ name: String) throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: tests.appending(path: "Fixtures/\(name).http"), encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let answer = lines.drop { !$0.hasPrefix("< ") }
    let status = try #require(answer.first?.dropFirst(2).prefix(3))
    var head = HTTPResponseHead(status: try #require(Int(status)))
    for line in answer.dropFirst().prefix(while: { $0.hasPrefix("< ") }) {
      let parts = line.dropFirst(2).split(separator: ": ", maxSplits: 1)
      if parts.count == 2 { head.headers[parts[0].lowercased()] = String(parts[1]) }
    }
    self.head = head
    let bodyLines = answer.drop { $0.hasPrefix("<") }.prefix { !$0.hasPrefix("# body ended") }
    body = Array(bodyLines.joined(separator: "\n").utf8)
  }
}
