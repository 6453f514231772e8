import JSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
  static func written(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test("commas stand between members and elements, and nowhere else")
  func structure() {
    let text = Self.written { writer in
      writer.object { writer in
        writer.member("a", "x")
        writer.member("absent", nil as String?)
        writer.member("b") { writer in
          writer.array { writer in
            writer.int(1)
            writer.object { _ in }
            writer.array { _ in }
            writer.null()
          }
        }
        writer.member("c", 2)
        writer.member("d", false)
        writer.key("e")
        writer.raw(Array("[1]".utf8))
        writer.key("f")
        writer.double(0.5)
      }
    }
    #expect(text == #"{"a":"x","b":[1,{},[],null],"c":2,"d":false,"e":[1],"f":0.5}"#)
  }

  @Test("what must be escaped is escaped, and nothing else")
  func escapes() {
    let text = Self.written { $0.string("\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}é😀\u{2028}") }
    #expect(text == #""\"\\/\b\f\n\r\t\u0000\u001f"# + "\u{7F}é😀\u{2028}\"")
  }

  @Test("a number that JSON cannot express becomes null", arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(value: Double) {
    #expect(Self.written { $0.double(value) } == "null")
  }

  @Test("a value is the same when it is written and read again")
  func roundTrip() throws {
    let value = JSONValue.object([
      JSONMember(key: "z", value: .array([.integer(.min), .number(0.1), .number(1), .number(1e300)])),
      JSONMember(key: "a\"b", value: .string("é\u{1}")),
      JSONMember(
        key: "", value: .object([JSONMember(key: "n", value: .null), JSONMember(key: "t", value: .bool(true))])),
    ])
    var writer = JSONWriter()
    writer.value(value)
    var reader = JSONReader(writer.bytes)
    #expect(try reader.readValue() == value)
    try reader.readEnd()
  }
}
