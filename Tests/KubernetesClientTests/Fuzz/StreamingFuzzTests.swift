import Fuzzing
import JSON
import Testing

@testable import KubernetesClient

@Suite("Fuzzing lists and watches")
struct StreamingFuzzTests {
  private static let words = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\\"", "\"items\":[", "\"items\":", "\"metadata\":{",
    "{\"type\":\"ADDED\",\"object\":{}}",
    "\n", " ", "null", "ADDED", "BOOKMARK", "ERROR", "\"object\":", "\"resourceVersion\":\"7\"", "\"continue\":\"x\"",
  ]

  private static let lists: [[UInt8]] =
    [
      #"{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"7","continue":"abc"},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b","x":["]","}"]}}]}"#,
      #"{"items":[1,"two",null,[3],{"items":[4]}],"metadata":{"resourceVersion":"9","remainingItemCount":3}}"#,
      #"{ "metadata" : {"items":[1]} , "items" : [ ] , "kind" : "x" }"#,
      #"{"items":null,"metadata":{"resourceVersion":"1"}}"#,
    ].map { Array($0.utf8) } + (try? [Transcript("16-list-page-1").body, Transcript("17-list-page-2").body]).nonEmpty

  private static let watches: [[UInt8]] =
    [
      #"{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"n","resourceVersion":"1"}}}"# + "\n"
        + #"{"object":{"metadata":{"resourceVersion":"2"}},"type":"BOOKMARK"}"# + "\n",
      #"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}"# + "\n",
    ].map { Array($0.utf8) } + (try? [Transcript("34-watch-added-modified-deleted").body]).nonEmpty

  /// What a scanner made of a body.
  private struct Scan: Equatable {
    var values: [[UInt8]] = []
    var rest: [UInt8] = []
    /// Without the excerpt, which depends on the chunk.
    var failure: String?

    mutating func fail(_ error: StreamError) {
      failure =
        switch error {
        case .garbage: "garbage"
        default: "\(error)"
        }
    }
  }

  private static func scan(list chunks: [[UInt8]], limit: Int = 20_000) -> Scan {
    var (scanner, scan) = (ListScanner(limit: limit), Scan())
    do throws(StreamError) {
      for chunk in chunks {
        scanner.append(chunk)
        while let item = try scanner.next() { scan.values.append(Array(item)) }
      }
      scan.rest = try scanner.finish()
    } catch { scan.fail(error) }
    return scan
  }

  private static func scan(watch chunks: [[UInt8]], limit: Int = 20_000) -> Scan {
    var (scanner, scan) = (WatchScanner(limit: limit), Scan())
    do throws(StreamError) {
      for chunk in chunks {
        scanner.append(chunk)
        while let event = try scanner.next() { scan.values.append(Array(event)) }
      }
      try scanner.finish()
    } catch { scan.fail(error) }
    return scan
  }

  @Test("a damaged list comes out the same however it is cut, and as the JSON reader has it where that can read it")
  func list() {
    let mutator = ByteMutator(corpus: Self.lists, dictionary: Self.words)
    let findings = Fuzzer("list", cases: 2_000).run(mutator.mutant) { bytes, random in
      let whole = Self.scan(list: [bytes])
      let pieces = Self.scan(list: random.cut(bytes))
      // A value that comes whole may be as long as it likes; only what has to be put together is bounded.
      if whole != pieces, bytes.count < 20_000 { return .fault("whole \(whole)\ncut \(pieces)") }
      if whole.failure == nil { _ = try? ListMetadata(list: whole.rest) }
      guard let items = Self.items(bytes) else { return .refused }
      if let failure = whole.failure { return .fault("a sound list is refused: \(failure)") }
      return whole.values == items ? .accepted : .fault("\(items.count) items, \(whole.values.count) are found")
    }
    #expect(findings == [])
  }

  /// The elements of the list's items by the JSON reader; nil where it cannot read the list, and where a key is
  /// escaped, or stands twice, or its items are something else.
  private static func items(_ bytes: [UInt8]) -> [[UInt8]]? {
    var reader = JSONReader(bytes)
    var items: [[UInt8]]?
    var isOdd = false
    do throws(JSONError) {
      try reader.readObject { reader, key throws(JSONError) in
        guard key == "items" else { return try reader.skipValue() }
        guard items == nil, try reader.peekKind() == .array else {
          isOdd = true
          return try reader.skipValue()
        }
        var found: [[UInt8]] = []
        try reader.readArray { reader, _ throws(JSONError) in found.append(Array(try reader.readRaw())) }
        items = found
      }
      try reader.readEnd()
    } catch { return nil }
    return isOdd || bytes.contains(UInt8(ascii: "\\")) ? nil : items ?? []
  }

  @Test("a damaged watch comes out the same however it is cut, and each event is read or refused")
  func watch() {
    let mutator = ByteMutator(corpus: Self.watches, dictionary: Self.words)
    let findings = Fuzzer("watch", cases: 2_000).run(mutator.mutant) { bytes, random in
      let whole = Self.scan(watch: [bytes])
      let pieces = Self.scan(watch: random.cut(bytes))
      if whole != pieces, bytes.count < 20_000 { return .fault("whole \(whole)\ncut \(pieces)") }
      var isRead = whole.failure == nil
      for value in whole.values {
        do throws(JSONError) {
          let event = try WatchEvent(value[...])
          _ = ObjectIdentity(event.object)
        } catch {
          isRead = false
          guard (0...value.count).contains(error.offset) else { return .fault("an error at \(error.offset)") }
        }
      }
      return isRead ? .accepted : .refused
    }
    #expect(findings == [])
  }

  @Test("no repetition costs more than its length")
  func scaling() {
    let findings = ScalingProbe(words: Self.words).findings { text in
      let bytes = Array(text.utf8)
      let chunks = stride(from: 0, to: bytes.count, by: 100).map { Array(bytes[$0..<min($0 + 100, bytes.count)]) }
      _ = Self.scan(list: chunks, limit: 1 << 20)
      _ = Self.scan(watch: chunks, limit: 1 << 20)
    }
    #expect(findings == [])
  }
}

extension Optional<[[UInt8]]> {
  /// Without the examples that are not there.
  fileprivate var nonEmpty: [[UInt8]] { self ?? [] }
}
