import Foundation
import RealComponents

/// A call of a provider's API and its answer, and what a proxy must count of them: a folder of `Exchanges` with
/// `request.http`, `answer.http` and `expected.txt`. They are written after the providers' public API references.
struct RecordedExchange: Sendable, CustomStringConvertible {
  /// A message of HTTP/1.1 whose lines end with a line feed. Its length is not among its headers.
  struct Message: Sendable {
    /// The first line.
    let start: String
    let headers: [(String, String)]
    let body: String

    init(_ text: String) throws {
      guard let end = text.firstRange(of: "\n\n") else { throw Malformed(description: "no empty line in: \(text)") }
      let lines = text[..<end.lowerBound].split(separator: "\n")
      start = String(lines[0])
      headers = lines.dropFirst().map { line in
        let parts = line.split(separator: ":", maxSplits: 1)
        return (String(parts[0]), String(parts[1].drop { $0 == " " }))
      }
      body = String(text[end.upperBound...])
    }

    subscript(header: String) -> String? { headers.first { $0.0 == header }?.1 }
  }

  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  /// That of the folder.
  let name: String
  let request: Message
  let answer: Message
  /// How much each counter grows, by its name and its labels `provider`, `model`, `status`, `type` and `error`.
  let expected: [Counter: Double]

  struct Counter: Hashable, CustomStringConvertible {
    let name: String
    let labels: [String: String]

    private static let compared: Set<String> = ["provider", "model", "status", "type", "error"]

    init(_ series: ProxyMetrics.Series) {
      name = series.name
      labels = series.labels.filter { Self.compared.contains($0.key) }
    }

    var description: String {
      name + labels.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    }
  }

  var description: String { name }
  var path: String { String(request.start.split(separator: " ")[1]) }
  var status: Int { answer.start.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0 }

  /// All of them, by name.
  static func all() throws -> [RecordedExchange] {
    let folder = PackageRoot.path("Tests/EndToEnd/Observability/Exchanges")
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
      func text(_ file: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(name)/\(file)")), as: UTF8.self)
      }
      return RecordedExchange(
        name: name, request: try Message(text("request.http")), answer: try Message(text("answer.http")),
        expected: Dictionary(
          ProxyMetrics(try text("expected.txt")).series.map { (Counter($0), $0.value) }, uniquingKeysWith: +))
    }
  }
}

extension ProxyMetrics {
  /// The counters of calls to LLMs that are not 0. Only these are asked for: the whole page is long.
  static func callCounters(adminPort port: Int) async throws -> [RecordedExchange.Counter: Double] {
    let page = try await HTTPConnection.get(port: port, "/stats/prometheus?filter=llm_%5Ba-z%5D%2A_total").body
    let counters = ProxyMetrics(page).series.filter { $0.name.hasPrefix("agentgateway_llm_") && $0.value > 0 }
    return Dictionary(counters.map { (RecordedExchange.Counter($0), $0.value) }, uniquingKeysWith: +)
  }
}
