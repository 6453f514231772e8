import APIServerDouble
import FoundationEssentials
import RealComponents
import Testing

/// One recorded exchange with a real API server: a request and its answer, as a file of `Transcripts/` has them.
struct Transcript: Sendable, CustomTestStringConvertible {
  let name: String
  var method = ""
  var target = ""
  var requestHeaders: [(name: String, value: String)] = []
  var requestBody = ""
  var status = 0
  var answerHeaders: [(name: String, value: String)] = []
  var answerBody = ""

  var testDescription: String { name }

  /// The number that the file's name begins with, which is its place in the order of the recording.
  var number: Int { Int(name.prefix(2)) ?? 0 }

  func answerHeader(_ name: String) -> String? {
    answerHeaders.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// When the answer was sent.
  var date: Date? { answerHeader("Date").flatMap(Self.date) }

  /// All recordings, in order.
  static let all: [Transcript] = {
    let folder = PackageRoot.path("Tests/APIServerDoubleTests/Transcripts")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".http") }.sorted().compactMap { file in
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(file)") else { return nil }
      return Transcript(String(file.dropLast(5)), text: String(decoding: data, as: UTF8.self))
    }
  }()

  init(_ name: String, text: String) {
    self.name = name
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    lines = lines.drop { $0.hasPrefix("#") }
    let request = lines.prefix { $0.hasPrefix(">") }.map { $0.dropFirst(2) }
    lines = lines.dropFirst(request.count)
    let head = lines.prefix { $0.hasPrefix("<") }.map { $0.dropFirst(2) }
    lines = lines.dropFirst(head.count)
    let words = (request.first ?? "").split(separator: " ")
    if words.count == 2 { (method, target) = (String(words[0]), String(words[1])) }
    requestHeaders = request.dropFirst().prefix { !$0.isEmpty }.compactMap(Self.header)
    requestBody = request.drop { !$0.isEmpty }.dropFirst().joined(separator: "\n")
    status = (head.first?.split(separator: " ").first).flatMap { Int($0) } ?? 0
    answerHeaders = head.dropFirst().compactMap(Self.header)
    answerBody = lines.prefix { !$0.hasPrefix("# body ended") }.joined(separator: "\n")
  }

  private static func header(_ line: Substring) -> (name: String, value: String)? {
    guard let colon = line.firstIndex(of: ":") else { return nil }
    return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
  }

  /// Reads `Mon, 23 Nov 2026 09:01:45 GMT`; the recordings are all of one month.
  private static func date(_ text: String) -> Date? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[2] == "Nov" else { return nil }
    return try? Date("\(words[3])-11-\(words[1])T\(words[4])Z", strategy: .iso8601)
  }
}
