import JSON
import Testing

@Suite("Reading JSON")
struct JSONReaderTests {
  struct Sink: Equatable {
    var path = ""
    var port = 0
    var codes: [Int] = []

    init(path: String = "", port: Int = 0, codes: [Int] = []) {
      self.path = path
      self.port = port
      self.codes = codes
    }

    init(from reader: inout JSONReader) throws(JSONError) {
      try reader.readObject { reader, key throws(JSONError) in
        switch key {
        case "path": path = try reader.readString()
        case "port": port = try reader.readInt()
        case "codes":
          try reader.readArray { reader, _ throws(JSONError) in codes.append(try reader.readInt()) }
        default: try reader.skipUnknownField(key)
        }
      }
    }
  }

  @Test("a decoder takes fields in any order and passes over the others")
  func fields() throws {
    var reader = JSONReader(Array(#" {"codes":[1, 2],"other":{"a":[{}]},"port":80,"path":"/x"} "#.utf8))
    let sink = try Sink(from: &reader)
    try reader.readEnd()
    #expect(sink == Sink(path: "/x", port: 80, codes: [1, 2]))
  }
}
