import JSON
import Testing

@Suite("Reading JSON's strings and numbers")
struct JSONScalarTests {
  @Test(
    "a string is read with its escapes resolved",
    arguments: [
      (#""""#, ""), (#""plain""#, "plain"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
      (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""\uD83D\uDE00!""#, "😀!"), (#""é€😀 as bytes""#, "é€😀 as bytes"),
      (#""\u0000""#, "\0"),
    ])
  func strings(json: String, text: String) throws {
    var reader = JSONReader(Array(json.utf8))
    #expect(try reader.readString() == text)
    try reader.readEnd()
  }

  @Test(
    "a string that is expected, and any other, is read as it would be anyway",
    arguments: [
      #""group""#, #" "group" "#, #""groups""#, #""grou""#, #""gr\u006fup""#, #""group\n""#, #""""#, #""group"#,
      #""gr"#, "group",
      "7", "",
    ])
  func expected(json: String) throws {
    var (reader, plain) = (JSONReader(Array(json.utf8)), JSONReader(Array(json.utf8)))
    let read = Result { () throws(JSONError) in try reader.readString(expecting: "group") }
    let readPlain = Result { () throws(JSONError) in try plain.readString() }
    #expect(read == readPlain)
    #expect(reader.offset == plain.offset)
  }

  @Test("plain text of every length ends where it ends", arguments: 0..<40)
  func lengths(length: Int) throws {
    let text = String(repeating: "a", count: length)
    for special in ["\\n", "é", "😀", ""] {
      var reader = JSONReader(Array("\"\(text)\(special)\(text)\"".utf8))
      #expect(try reader.readString() == text + (special == "\\n" ? "\n" : special) + text)
      try reader.readEnd()
    }
  }

  @Test(
    "a lone surrogate becomes the replacement character, as the API server has it",
    arguments: [
      (#""\uD800""#, "\u{FFFD}"), (#""\uDC00x""#, "\u{FFFD}x"), (#""\uD800\n""#, "\u{FFFD}\n"),
      (#""\uD800\uD83D\uDE00""#, "\u{FFFD}😀"), (#""\uD800\u0041""#, "\u{FFFD}A"),
      (#""\uDE00\uD83D""#, "\u{FFFD}\u{FFFD}"),
    ])
  func loneSurrogates(json: String, text: String) throws {
    var reader = JSONReader(Array(json.utf8))
    #expect(try reader.readString() == text)
  }

  @Test(
    "a string that breaks the rules is refused",
    arguments: [
      (#""\x""#, 1), (#""\u12""#, 1), (#""\u12g4""#, 1), ("\"a\nb\"", 2), ("\"\u{1f}\"", 1), (#""\"#, 2), (#""ab"#, 3),
    ])
  func badStrings(json: String, offset: Int) {
    var reader = JSONReader(Array(json.utf8))
    let error = #expect(throws: JSONError.self) { try reader.readString() }
    #expect(error?.offset == offset)
  }

  @Test(
    "bytes that are no UTF-8 are refused",
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x9F, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80],
      [0xEF, 0xBF], [0xF0, 0x8F, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
      [0xF0, 0x9F, 0x98],
    ] as [[UInt8]])
  func badUTF8(bytes: [UInt8]) {
    for padding in [0, 7, 8] {
      let text = [UInt8](repeating: 0x61, count: padding)
      var reader = JSONReader([0x22] + text + bytes + [0x22])
      let error = #expect(throws: JSONError.self) { try reader.readString() }
      #expect(error?.offset == 1 + padding)
      var skipper = JSONReader([0x22] + text + bytes + [0x22])
      #expect(throws: JSONError.self) { try skipper.skipValue() }
    }
  }

  @Test(
    "a whole number is read in each of its forms",
    arguments: [
      ("0", 0), ("-0", 0), ("80", 80), ("-5", -5), ("9223372036854775807", .max), ("-9223372036854775808", .min),
      ("80.0", 80), ("8e1", 80), ("8.0E+1", 80), ("800e-1", 80),
    ])
  func integers(json: String, value: Int) throws {
    var reader = JSONReader(Array(json.utf8))
    #expect(try reader.readInt() == value)
    try reader.readEnd()
  }

  @Test(
    "a number that is not whole, or too large, is refused in words",
    arguments: [
      ("9223372036854775808", "the number 9223372036854775808 does not fit in 64 bits"),
      ("-9223372036854775809", "the number -9223372036854775809 does not fit in 64 bits"),
      ("1e19", "the number 1e19 does not fit in 64 bits"),
      ("1.5", "expected a whole number, found 1.5"),
      ("1e999", "the number 1e999 is too large"),
      ("\"80\"", "expected a number, found a string"),
    ])
  func badIntegers(json: String, message: String) {
    var reader = JSONReader(Array(json.utf8))
    let error = #expect(throws: JSONError.self) { try reader.readInt() }
    #expect(error?.message == message)
  }

  @Test("a 32-bit number has its own bounds")
  func integers32() throws {
    var largest = JSONReader(Array("2147483647".utf8))
    #expect(try largest.readInt32() == .max)
    var larger = JSONReader(Array("2147483648".utf8))
    let error = #expect(throws: JSONError.self) { try larger.readInt32() }
    #expect(error?.message == "the number 2147483648 does not fit in 32 bits")
  }

  @Test(
    "a fraction is the nearest double",
    arguments: [
      ("0.1", 0.1), ("-2.5e3", -2500), ("1E-7", 1e-7), ("123456789012345678901234567890", 1.2345678901234568e29),
      ("5e-324", .leastNonzeroMagnitude), ("1.7976931348623157e308", .greatestFiniteMagnitude), ("1e-400", 0),
    ])
  func doubles(json: String, value: Double) throws {
    var reader = JSONReader(Array(json.utf8))
    #expect(try reader.readDouble() == value)
  }

  @Test(
    "what is no number by the grammar is refused",
    arguments: ["01", "-", "+1", ".5", "1.", "1.e3", "1e", "1e+", "-a", "0x1f", "00", "1.2.3", "Infinity", "NaN"])
  func badNumbers(json: String) {
    var reader = JSONReader(Array(json.utf8))
    #expect(throws: JSONError.self) {
      _ = try reader.readDouble()
      try reader.readEnd()
    }
    var skipper = JSONReader(Array(json.utf8))
    #expect(throws: JSONError.self) {
      try skipper.skipValue()
      try skipper.readEnd()
    }
  }

  @Test("a number without fraction that fits in 64 bits stays whole, each other one becomes a double")
  func anyNumber() throws {
    for (json, value) in [
      ("7", .integer(7)), ("7.0", .number(7)), ("1e2", .number(100)), ("9223372036854775808", .number(0x1p63)),
    ] as [(String, JSONValue)] {
      var reader = JSONReader(Array(json.utf8))
      #expect(try reader.readValue() == value)
    }
  }

  @Test("true, false and null are read, and nothing like them", arguments: ["tru", "True", "nul", "falsee", "n"])
  func literals(bad: String) throws {
    var reader = JSONReader(Array("[true,false,null]".utf8))
    #expect(try reader.readValue() == .array([.bool(true), .bool(false), .null]))
    var other = JSONReader(Array(bad.utf8))
    #expect(throws: JSONError.self) {
      _ = try other.readValue()
      try other.readEnd()
    }
  }
}
