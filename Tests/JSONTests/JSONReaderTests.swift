import JSON
import Testing

@Suite("Reading JSON")
struct JSONReaderTests {
  /// A decoder as the watched kinds have it.
  struct Sink: Equatable {
    var path = ""
    var port = 0
    var codes: [Int] = []
    var name: String?

    init(path: String = "", port: Int = 0, codes: [Int] = [], name: String? = nil) {
      self.path = path
      self.port = port
      self.codes = codes
      self.name = name
    }

    init(from reader: inout JSONReader) throws(JSONError) {
      try reader.readObject { reader, key throws(JSONError) in
        switch key {
        case "path": path = try reader.readString()
        case "port": port = try reader.readInt()
        case "name": name = try reader.readNull() ? nil : reader.readString()
        case "codes":
          try reader.readArray { reader, _ throws(JSONError) in codes.append(try reader.readInt()) }
        default: try reader.skipUnknownField(key)
        }
      }
    }
  }

  /// `{"spec": {"sinks": [Sink, ...]}}`.
  static func sinks(from reader: inout JSONReader) throws(JSONError) -> [Sink] {
    var sinks: [Sink] = []
    try reader.readObject { reader, key throws(JSONError) in
      guard key == "spec" else { return try reader.skipUnknownField(key) }
      try reader.readObject { reader, key throws(JSONError) in
        guard key == "sinks" else { return try reader.skipUnknownField(key) }
        try reader.readArray { reader, _ throws(JSONError) in sinks.append(try Sink(from: &reader)) }
      }
    }
    try reader.readEnd()
    return sinks
  }

  static func sinkError(in json: String) -> JSONError? {
    var reader = JSONReader(Array(json.utf8))
    do throws(JSONError) {
      _ = try sinks(from: &reader)
      return nil
    } catch {
      return error
    }
  }

  @Test("a decoder takes fields in any order and passes over the others")
  func fields() throws {
    var reader = JSONReader(Array(#" {"codes":[1, 2],"other":{"a":[{}]},"port":80,"path":"/x"} "#.utf8))
    let sink = try Sink(from: &reader)
    try reader.readEnd()
    #expect(sink == Sink(path: "/x", port: 80, codes: [1, 2]))
  }

  @Test("a null is an absent field")
  func null() throws {
    var reader = JSONReader(Array(#"{"name":null,"port":1}"#.utf8))
    #expect(try Sink(from: &reader) == Sink(port: 1, name: nil))
  }

  @Test("of a key that stands twice the last value counts")
  func duplicateKey() throws {
    var reader = JSONReader(Array(#"{"port":1,"port":2}"#.utf8))
    #expect(try Sink(from: &reader).port == 2)
    var anything = JSONReader(Array(#"{"a":1,"b":2,"a":3}"#.utf8))
    #expect(
      try anything.readValue()
        == .object([JSONMember(key: "a", value: .integer(3)), JSONMember(key: "b", value: .integer(2))]))
  }

  @Test("the same holds in an object of any size", arguments: [15, 16, 17, 40])
  func duplicateKeyAmongMany(count: Int) throws {
    let members = (0..<count).map { #""k\#($0)":\#($0)"# } + [#""k0":-1"#, #""k\#(count - 1)":-2"#, #""new":-3"#]
    var reader = JSONReader(Array("{\(members.joined(separator: ","))}".utf8))
    let value = try reader.readValue()
    guard case .object(let read) = value else {
      Issue.record("no object")
      return
    }
    #expect(read.count == count + 1)
    #expect(value["k0"] == .integer(-1))
    #expect(value["k\(count - 1)"] == .integer(-2))
    #expect(value["k1"] == .integer(1))
    #expect(read.last?.key == "new")
  }

  @Test("a key that is written with escapes is the same key")
  func escapedKey() throws {
    var reader = JSONReader(Array(#"{"p\u006frt":81}"#.utf8))
    #expect(try Sink(from: &reader).port == 81)
  }

  @Test("keys are case-sensitive, and no prefix or longer key is taken for the key")
  func similarKeys() throws {
    var reader = JSONReader(Array(#"{"Port":1,"por":2,"ports":3,"":4}"#.utf8), recordsUnknownFields: true)
    #expect(try Sink(from: &reader).port == 0)
    #expect(reader.unknownFields == ["Port", "por", "ports", #"[""]"#])
  }

  @Test(
    "an error names the field by its path, and the byte",
    arguments: [
      (#"{"spec":{"sinks":[{},{"path":7}]}}"#, "spec.sinks[1].path: expected a string, found a number", 29),
      (#"{"spec":{"sinks":[{"codes":[1,"x"]}]}}"#, "spec.sinks[0].codes[1]: expected a number, found a string", 30),
      (#"{"spec":{"sinks":[{"port":1.5}]}}"#, "spec.sinks[0].port: expected a whole number, found 1.5", 26),
      (#"{"spec":{"sinks":{}}}"#, "spec.sinks: expected an array, found an object", 17),
      (#"{"spec":null}"#, "spec: expected an object, found null", 8),
      (#"{"spec":true}"#, "spec: expected an object, found a boolean", 8),
      (#"[]"#, "expected an object, found an array", 0),
      (#"{"spec":{}"#, "expected a comma or } after a member, found the end of the document", 10),
      (#"{"spec":{"sinks":[{}{}]}}"#, "spec.sinks: expected a comma or ] after an element, found {", 20),
      (#"{"spec":{"a.b/c":[1,]}}"#, #"spec["a.b/c"]: expected a value, found ]"#, 20),
      (#"{"spec" 1}"#, "expected a colon after the key, found 1", 8),
      (#"{spec:1}"#, "expected a key in quotes, found s", 1),
      (#"{"spec":{}}x"#, "expected the end of the document, found x", 11),
      (#"{"spec":{"sinks":[{"path":"a"#, "spec.sinks[0].path: the document ends inside a string", 28),
      ("", "expected a value, found the end of the document", 0),
      ("\u{7}", "expected a value, found the byte 0x7", 0),
    ])
  func errors(json: String, message: String, offset: Int) {
    let error = Self.sinkError(in: json)
    #expect(error?.description == message)
    #expect(error?.offset == offset)
  }

  @Test("an error tells the kinds, so that a caller can advise")
  func kinds() {
    let error = Self.sinkError(in: #"{"spec":{"sinks":[{"path":true}]}}"#)
    #expect(error?.expected == .string)
    #expect(error?.found == .bool)
    #expect(error?.path == "spec.sinks[0].path")
  }

  @Test("unknown fields are recorded by their paths, when asked for")
  func unknownFields() throws {
    let json = Array(#"{"kind":"X","spec":{"sinks":[{"port":1},{"prot":2,"x":{"y":1}}],"a.b":1}}"#.utf8)
    var reader = JSONReader(json, recordsUnknownFields: true)
    _ = try Self.sinks(from: &reader)
    #expect(reader.unknownFields == ["kind", "spec.sinks[1].prot", "spec.sinks[1].x", #"spec["a.b"]"#])
    var careless = JSONReader(json)
    _ = try Self.sinks(from: &careless)
    #expect(careless.unknownFields.isEmpty)
  }

  @Test("values that the caller leaves unread are passed over")
  func unread() throws {
    var reader = JSONReader(Array(#"{"a":[1,{"b":2}],"c":3}"#.utf8))
    var keys: [String] = []
    try reader.readObject { _, key throws(JSONError) in keys.append(key.string) }
    try reader.readEnd()
    #expect(keys == ["a", "c"])
  }

  @Test("a raw value is its own bytes, within a slice too")
  func raw() throws {
    let bytes = Array(#"xx{"object": {"a" : [1]} }"#.utf8)
    var reader = JSONReader(bytes[2...])
    var raw: ArraySlice<UInt8> = []
    try reader.readObject { reader, _ throws(JSONError) in raw = try reader.readRaw() }
    #expect(String(decoding: raw, as: UTF8.self) == #"{"a" : [1]}"#)
    var inner = JSONReader(raw)
    let value = try inner.readValue()
    #expect(value == .object([JSONMember(key: "a", value: .array([.integer(1)]))]))
  }

  @Test("objects and arrays inside each other are bounded, whether read or passed over")
  func depth() throws {
    let deep = Array(String(repeating: "[", count: 128).utf8) + Array(String(repeating: "]", count: 128).utf8)
    let tooDeep = [UInt8(ascii: "[")] + deep + [UInt8(ascii: "]")]
    var reading = JSONReader(deep)
    #expect(try reading.readValue().kind == .array)
    var skipping = JSONReader(deep)
    try skipping.skipValue()
    try skipping.readEnd()
    for isSkipping in [false, true] {
      var reader = JSONReader(tooDeep)
      let error = #expect(throws: JSONError.self) {
        if isSkipping { try reader.skipValue() } else { _ = try reader.readValue() }
      }
      #expect(error?.offset == 128)
      #expect(error?.message == "objects and arrays stand too deep inside each other")
    }
    var siblings = JSONReader(Array("[[],[],[{}]]".utf8), depthLimit: 3)
    #expect(try siblings.readValue().kind == .array)
  }

  @Test("a document that is cut anywhere is refused, with an offset inside it")
  func cut() throws {
    let json = Array(#"{"a":[1,-2.5e3,"x\u00e9é",true,null,{"b":{}}],"c":false}"#.utf8)
    for length in 0..<json.count {
      var reader = JSONReader(json[..<length])
      let error = #expect(throws: JSONError.self) { try reader.readValue() }
      var skipper = JSONReader(json[..<length])
      #expect(throws: JSONError.self) { try skipper.skipValue() }
      #expect((0...length).contains(error?.offset ?? -1))
    }
  }
}
