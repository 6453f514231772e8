import JSON
import Testing
import YAML

/// The expected values are what `kubectl` 1.37 makes of the same scalars.
@Suite("YAML's scalars")
struct YAMLScalarTests {
  /// The value of `v` in `v: SCALAR`.
  static func value(of scalar: String) throws -> JSONValue? {
    let document = try #require(try YAML.documents(in: Array("v: \(scalar)\n".utf8)).first)
    var reader = JSONReader(document.json)
    return try reader.readValue()["v"]
  }

  static func isEqual(_ left: JSONValue?, _ right: JSONValue) -> Bool {
    switch (left, right) {
    case (.integer(let left), .number(let right)): Double(left) == right
    case (.number(let left), .integer(let right)): left == Double(right)
    default: left == right
    }
  }

  @Test(
    "a scalar is what kubectl takes it for",
    arguments: [
      ("y", "true"), ("Y", "true"), ("n", "false"), ("N", "false"), ("yes", "true"), ("Yes", "true"),
      ("YES", "true"), ("yEs", #""yEs""#), ("on", "true"), ("ON", "true"), ("off", "false"), ("Off", "false"),
      ("true", "true"), ("True", "true"), ("TRUE", "true"), ("tRUE", #""tRUE""#), ("~", "null"),
      ("null", "null"), ("Null", "null"), ("NULL", "null"), ("nULL", #""nULL""#), ("0777", "511"),
      ("-0777", "-511"), ("0o14", "12"), ("-0o14", "-12"), ("0O14", "12"), ("0o9", #""0o9""#), ("089", "89"),
      ("08", "8"), ("0x1f", "31"), ("0X1F", "31"), ("-0x1F", "-31"), ("+0x1f", "31"), ("0b1", "1"),
      ("0b101", "5"), ("-0b11", "-3"), ("+0b1", "1"), ("0B1", "1"), ("1_000", "1000"), ("_1000", #""_1000""#),
      ("1__0", "10"), ("1_", "1"), ("0_7", "7"), ("0x_1f", "31"), ("1e3", "1000"), ("1E3", "1000"),
      ("1e+3", "1000"), ("1.5e3", "1500"), ("1.0", "1"), ("1.", "1"), (".5", "0.5"), ("-.5", "-0.5"),
      ("+.5", "0.5"), ("+5", "5"), ("-5", "-5"), ("-0", "0"), ("+0", "0"), ("0.10", "0.1"),
      ("1e400", #""1e400""#), ("1e-400", "0"), ("123456789012345678901234567890", "1.2345678901234568e+29"),
      ("9223372036854775807", "9223372036854775807"), ("9223372036854775808", "9223372036854776000"),
      ("18446744073709551615", "18446744073709552000"), ("18446744073709551616", "18446744073709552000"),
      ("-9223372036854775808", "-9223372036854775808"), ("-9223372036854775809", "-9223372036854776000"),
      ("0xFFFFFFFFFFFFFFFF", "18446744073709552000"), ("0xFFFFFFFFFFFFFFFFFF", #""0xFFFFFFFFFFFFFFFFFF""#),
      ("inf", #""inf""#), ("nan", #""nan""#), ("infinity", #""infinity""#), ("NaN", #""NaN""#),
      ("1:30", #""1:30""#), ("190:20:30", #""190:20:30""#), ("2001-12-14", #""2001-12-14""#),
      ("2001-1-2", #""2001-1-2""#), ("2001-12-14t21:59:43.10-05:00", #""2001-12-14t21:59:43.10-05:00""#),
      ("2026-11-23T09:01:45Z", #""2026-11-23T09:01:45Z""#),
      ("2001-12-14 21:59:43.10", #""2001-12-14 21:59:43.10""#), ("2001-13-14", #""2001-13-14""#),
      ("1.2.3", #""1.2.3""#), ("0.0.0.0", #""0.0.0.0""#), ("1e", #""1e""#), ("e3", #""e3""#), ("0x", #""0x""#),
      ("0b", #""0b""#), ("0b2", #""0b2""#), ("0xg", #""0xg""#), ("1,000", #""1,000""#), ("=", #""=""#),
      ("1e21", "1e+21"), ("1e20", "100000000000000000000"), ("123456.789e3", "123456789"), ("1e-7", "1e-7"),
      ("1e-6", "0.000001"), ("0.000001", "0.000001"), ("100000000000000000000.0", "100000000000000000000"),
      (".5e3", "500"), (".e3", #"".e3""#), ("._5", #""._5""#), ("5_0.5_0", "50.5"), ("1_000.5", "1000.5"),
      (".5_5", "0.55"), ("+", #""+""#), ("0x1p4", #""0x1p4""#), ("0x1.8p1", #""0x1.8p1""#),
      ("0x1p-2", #""0x1p-2""#), ("+0b11", "3"), ("-0xFFFFFFFFFFFFFFFFF", #""-0xFFFFFFFFFFFFFFFFF""#),
      ("!!str yes", #""yes""#), ("!!str 1", #""1""#), (#"!!int "5""#, "5"), (#"!!int "0x1f""#, "31"),
      ("!!float 1", "1"), (#"!!float "1.50""#, "1.5"), ("!!float 1e3", "1000"), (#"!!bool "yes""#, "true"),
      ("!!bool yes", "true"), (#"!!null """#, "null"), ("!!null ~", "null"),
      ("!!timestamp 2001-12-14", #""2001-12-14""#),
      ("!!timestamp 2001-12-14t21:59:43.10-05:00", #""2001-12-14t21:59:43.10-05:00""#), ("!foo 1", #""1""#),
      ("!foo bar", #""bar""#), ("! 1", #""1""#), ("! yes", #""yes""#), (#""yes""#, #""yes""#), ("'1'", #""1""#),
      (#""\x41\u00e9""#, #""Aé""#),
    ] as [(String, String)])
  func scalars(yaml: String, json: String) throws {
    var reader = JSONReader(Array(json.utf8))
    let expected = try reader.readValue()
    let value = try Self.value(of: yaml)
    #expect(Self.isEqual(value, expected), "\(String(describing: value))")
  }

  @Test(
    "a whole number in any notation can be read as an integer", arguments: ["1e3", "1000.0", "1_000", "0x3e8", "01750"])
  func wholeNumbers(yaml: String) throws {
    #expect(try Self.value(of: yaml) == .integer(1000))
  }

  @Test(
    "what JSON has no number for is refused",
    arguments: [".inf", "-.Inf", "+.INF", ".nan", ".NaN"])
  func notFinite(yaml: String) throws {
    let error = #expect(throws: YAMLError.self) { try Self.value(of: yaml) }
    #expect(error?.description == "1:4: \(yaml) is no number that JSON has; quote it if it is meant as text")
  }

  @Test(
    "a tag that its text does not bear out is refused",
    arguments: [
      ("!!int x", #"1:4: "x" cannot be read as !!int"#), ("!!bool 1", #"1:4: "1" cannot be read as !!bool"#),
      ("!!null x", #"1:4: "x" cannot be read as !!null"#), (#"!!int """#, #"1:4: "" cannot be read as !!int"#),
      ("!!binary aGk=", "1:4: !!binary is not supported; write the base64 text without a tag"),
    ])
  func wrongTags(yaml: String, message: String) throws {
    let error = #expect(throws: YAMLError.self) { try Self.value(of: yaml) }
    #expect(error?.description == message)
  }

  @Test(
    "keys become strings as kubectl makes them",
    arguments: [
      ("1", "1"), ("yes", "true"), ("off", "false"), ("0x1f", "31"), ("-5", "-5"), ("1.5", "1.5"), ("1e3", "1000"),
      ("1e6", "1e+06"), ("1234567.5", "1.2345675e+06"), ("0.00001", "1e-05"), ("0.1", "0.1"),
      ("16777217.0", "1.6777216e+07"), ("123456.7", "123456.7"), ("100000.0", "100000"), (".inf", ".inf"),
      ("2001-12-14", "2001-12-14"), ("!!str 1", "1"), (#""yes""#, "yes"), (#""""#, ""),
    ])
  func keys(yaml: String, key: String) throws {
    let value = try Self.value(of: "{\(yaml): x}")
    #expect(value == .object([JSONMember(key: key, value: .string("x"))]))
  }
}
