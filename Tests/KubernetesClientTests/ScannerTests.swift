import JSON
import KubernetesAPI
import Testing

@testable import KubernetesClient

@Suite("Lists and watches are taken apart as they arrive")
struct ScannerTests {
  /// The items and the rest of a list that arrives in chunks of a size.
  func scan(list: [UInt8], by size: Int) throws -> (items: [String], rest: String) {
    var scanner = ListScanner(limit: 100_000)
    var items: [String] = []
    for chunk in chunks(list, size) {
      scanner.append(chunk)
      while let item = try scanner.next() { items.append(String(decoding: item, as: UTF8.self)) }
    }
    return (items, String(decoding: try scanner.finish(), as: UTF8.self))
  }

  func scan(watch: [UInt8], by size: Int) throws -> [String] {
    var scanner = WatchScanner(limit: 100_000)
    var events: [String] = []
    for chunk in chunks(watch, size) {
      scanner.append(chunk)
      while let event = try scanner.next() { events.append(String(decoding: event, as: UTF8.self)) }
    }
    try scanner.finish()
    return events
  }

  func chunks(_ bytes: [UInt8], _ size: Int) -> [[UInt8]] {
    stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
  }

  @Test("a real page comes out the same, however it is split", arguments: [1, 2, 3, 7, 64, 1000, 100_000])
  func realPage(size: Int) throws {
    let page = try Transcript("16-list-page-1").body
    let (items, rest) = try scan(list: page, by: size)
    #expect(items.count == 3)
    #expect(items.map { ObjectIdentity(Array($0.utf8)[...]).id?.description } == ["demo/a", "demo/g1", "demo/g2"])
    let metadata = try ListMetadata(list: Array(rest.utf8))
    #expect(metadata.resourceVersion == "260")
    #expect(metadata.continueToken?.hasPrefix("eyJ2Ijoib") == true)
  }

  @Test("the last page has no token to continue with")
  func lastPage() throws {
    let (_, rest) = try scan(
      list: Array(#"{"metadata":{"continue":"","resourceVersion":"7"},"items":[]}"#.utf8), by: 10)
    #expect(try ListMetadata(list: Array(rest.utf8)) == ListMetadata(resourceVersion: "7"))
  }

  @Test("a real watch comes out the same, however it is split", arguments: [1, 2, 3, 7, 64, 1000, 100_000])
  func realWatch(size: Int) throws {
    let events = try scan(watch: Transcript("34-watch-added-modified-deleted").body, by: size)
      .map { try WatchEvent(Array($0.utf8)[...]) }
    #expect(events.map(\.kind) == [.added, .modified, .deleted, .bookmark, .bookmark])
    #expect(events.map { ObjectIdentity($0.object).resourceVersion } == ["267", "268", "269", "269", "269"])
  }

  @Test(
    "metadata may stand on either side, and nothing but the list's own items counts",
    arguments: [
      #"{"metadata":{"resourceVersion":"7"},"items":[{"n":1},{"items":[2]}]}"#,
      #"{"items":[{"n":1},{"items":[2]}],"metadata":{"resourceVersion":"7"}}"#,
      #" { "x" : {"items":[{"n":9}]} , "metadata":{"resourceVersion":"7"}, "items" : [ {"n":1} , {"items":[2]} ] } "#,
      #"{"x":"items","y":["items",[]],"items":[{"n":1},{"items":[2]}],"metadata":{"resourceVersion":"7"}}"#,
    ], [1, 5, 1000])
  func anyOrder(list: String, size: Int) throws {
    let (items, rest) = try scan(list: Array(list.utf8), by: size)
    #expect(items == [#"{"n":1}"#, #"{"items":[2]}"#])
    #expect(try ListMetadata(list: Array(rest.utf8)).resourceVersion == "7")
  }

  @Test("brackets and quotes within strings end nothing", arguments: [1, 2, 3, 1000])
  func strings(size: Int) throws {
    let events = [#"{"a":"}]\"{["}"#, #"{"b":"\\"}"#, #"{"ü€😀":["\u007d"]}"#]
    #expect(try scan(watch: Array(events.joined(separator: "\n").utf8), by: size) == events)
  }

  @Test("items that are no objects come out as they are", arguments: [1, 1000])
  func scalars(size: Int) throws {
    let (items, _) = try scan(list: Array(#"{"items":[1,null, "a,b" ,[2],true]}"#.utf8), by: size)
    #expect(items == ["1", "null", #""a,b""#, "[2]", "true"])
  }

  @Test("a null for the items is an empty list")
  func nullItems() throws {
    let (items, rest) = try scan(list: Array(#"{"items":null,"metadata":{"resourceVersion":"3"}}"#.utf8), by: 4)
    #expect(items.isEmpty)
    #expect(try ListMetadata(list: Array(rest.utf8)).resourceVersion == "3")
  }

  @Test("a page is whole or an error, wherever it is cut")
  func cutPage() throws {
    let page = Array(#"{"metadata":{"resourceVersion":"7"},"items":[{"n":1},{"n":2}]}"#.utf8)
    for length in page.indices {
      #expect(throws: StreamError.cutShort) { try scan(list: Array(page[..<length]), by: 9) }
    }
  }

  @Test("a watch that is cut within an event is an error, between events it is not")
  func cutWatch() throws {
    #expect(throws: StreamError.cutShort) { try scan(watch: Array(#"{"a":1} {"b""#.utf8), by: 3) }
    #expect(try scan(watch: Array("{\"a\":1}\n\n".utf8), by: 3) == [#"{"a":1}"#])
  }

  @Test(
    "an event that does not end with its line breaks there, is named, and is not waited for",
    arguments: [
      (#"{"type":"ADDED","object":{"kind":"N","metadata":{"name":"a","namespace":"demo"},"x":[{"n":1}"#, "demo/a"),
      (#"{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"demo"},"text":"no quote}}"#, "demo/a"),
      (#"{"type":"ADDED","object":{"metadata":{"name":"a""#, "a"), (#"{"type":"MODIFIED","object":{"#, nil), ("{", nil),
    ] as [(String, String?)], [1, 2, 3, 7, 64, 1000])
  func brokenLine(line: (text: String, name: String?), size: Int) throws {
    var scanner = WatchScanner(limit: 100_000)
    var events: [String] = []
    let body = #"{"before":1}"# + "\n" + line.text + "\n" + #"{"behind":1}"# + "\n"
    let error = #expect(throws: StreamError.self) {
      for chunk in chunks(Array(body.utf8), size) {
        scanner.append(chunk)
        while let event = try scanner.next() { events.append(String(decoding: event, as: UTF8.self)) }
      }
    }
    #expect(events == [#"{"before":1}"#])
    #expect(error == .brokenEvent(error.flatMap(\.id), String(line.text.prefix(40)).debugDescription))
    #expect(error?.id?.description == line.name)
  }

  @Test("events may share a line, and a line may be empty or white", arguments: [1, 2, 3, 1000])
  func lines(size: Int) throws {
    let text = "\r\n \n" + #"{"a":1}{"b":2} {"c":3}"# + "\n\n" + #"  {"d":4}"# + " \r\n"
    #expect(try scan(watch: Array(text.utf8), by: size) == [#"{"a":1}"#, #"{"b":2}"#, #"{"c":3}"#, #"{"d":4}"#])
  }

  @Test("what is no object is named in the error", arguments: ["<html>", "null", "]"])
  func garbage(text: String) {
    let error = StreamError.garbage(text.debugDescription)
    #expect(throws: error) { try scan(watch: Array(text.utf8), by: 100) }
    #expect(throws: error) { try scan(list: Array(text.utf8), by: 100) }
  }

  @Test("an object beyond the limit ends the stream before it fills the memory")
  func tooLarge() {
    var scanner = WatchScanner(limit: 1000)
    scanner.append(Array(#"{"a":""#.utf8))
    #expect(throws: StreamError.tooLarge(limit: 1000)) {
      for _ in 0..<20 {
        _ = try scanner.next()
        scanner.append(Array(repeating: UInt8(ascii: "x"), count: 100))
      }
    }
  }

  @Test("an event of a type that is not known, or without its object, is an error")
  func unknownEvents() {
    #expect(throws: JSONError.self) { try WatchEvent(Array(#"{"type":"RENAMED","object":{}}"#.utf8)[...]) }
    #expect(throws: JSONError.self) { try WatchEvent(Array(#"{"type":"ADDED"}"#.utf8)[...]) }
  }
}

extension StreamError {
  /// The object that a broken event is about.
  fileprivate var id: NamespacedName? {
    if case .brokenEvent(let id, _) = self { id } else { nil }
  }
}
