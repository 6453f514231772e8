import JSON
import Testing
import Translator
import YAML

@Suite("Rendering as YAML and JSON")
struct RenderingTests {
  private static let texts = [
    "", " ", "a", "a b", "yes", "Null", "on", "1", "0x1", "1e3", "-", "- a", "a: b", "a:", ":a", "#a", "a #b", "%a%",
    "@a",
    "/path", "*.example.com", "[a]", "{a}", "a,b", "'a'", "\"a\"", "a\\b", "line\nbreak", "tab\t", "\u{1}", "ä", "😀",
    "\u{85}", "\u{2028}", "\u{FEFF}", "\u{7F}",
    "~", "<<", "=", "2026-01-01", "0.0.0.0:80", "a'b", ".inf", "|", ">", "&a", "!a", "?", "...", "---", "y",
  ]

  @Test("every text reads back as itself, as a value and as a key", arguments: texts)
  func roundTrips(_ text: String) throws {
    let value = JSONValue.object([
      JSONMember(key: "value", value: .string(text)),
      JSONMember(key: "list", value: .array([.string(text), .array([.string(text)])])),
      JSONMember(key: "key", value: .object([JSONMember(key: text, value: .integer(1))])),
    ])
    #expect(try readBack(YAMLText.encode(value)) == value)
    var reader = JSONReader(Array(JSONText.encode(value).utf8))
    #expect(try reader.readValue() == value)
  }

  @Test("nested lists and objects, empty ones, and numbers read back as themselves")
  func roundTripsStructure() throws {
    let value = JSONValue.object([
      JSONMember(key: "none", value: .null),
      JSONMember(key: "flags", value: .array([.bool(true), .bool(false)])),
      JSONMember(key: "numbers", value: .array([.integer(-3), .number(0.25), .integer(1 << 40)])),
      JSONMember(key: "empty", value: .array([.array([]), .object([])])),
      JSONMember(
        key: "deep",
        value: .array([
          .array([.array([.integer(1), .integer(2)]), .integer(3)]),
          .object([
            JSONMember(key: "a", value: .array([.object([JSONMember(key: "b", value: .object([]))])])),
            JSONMember(key: "c", value: .object([JSONMember(key: "d", value: .null)])),
          ]),
        ])),
    ])
    #expect(try readBack(YAMLText.encode(value)) == value)
    var reader = JSONReader(Array(JSONText.encode(value).utf8))
    #expect(try reader.readValue() == value)
  }

  @Test("plain text stands without quotes, in lists at the depth of their key")
  func readsWell() {
    let value = JSONValue.object([
      JSONMember(
        key: "listeners",
        value: .array([
          .object([
            JSONMember(key: "name", value: .string("listener~80")),
            JSONMember(key: "domains", value: .array([.string("a.example.com")])),
          ])
        ]))
    ])
    #expect(YAMLText.encode(value) == "listeners:\n- name: listener~80\n  domains:\n  - a.example.com\n")
  }

  private func readBack(_ text: String) throws -> JSONValue {
    let document = try #require(try YAML.documents(in: Array(text.utf8)).first)
    var reader = JSONReader(document.json)
    return try reader.readValue()
  }
}
