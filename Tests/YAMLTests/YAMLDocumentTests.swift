import JSON
import Testing
import YAML

@Suite("YAML documents")
struct YAMLDocumentTests {
  static func json(_ yaml: String) throws -> [String] {
    try YAML.documents(in: Array(yaml.utf8)).map { String(decoding: $0.json, as: UTF8.self) }
  }

  static func error(_ yaml: String) -> String? {
    do throws(YAMLError) {
      _ = try YAML.documents(in: Array(yaml.utf8))
      return nil
    } catch {
      return error.description
    }
  }

  @Test("a file holds several documents, and empty ones do not count")
  func documents() throws {
    let yaml = """
      # only a comment
      ---
      ---
      ~
      ---
      kind: A
      ---
      # nothing
      ---
      null
      ...
      ---
      kind: B
      """
    #expect(try Self.json(yaml) == [#"{"kind":"A"}"#, #"{"kind":"B"}"#])
    #expect(try Self.json("") == [])
    #expect(try Self.json("# comment\n") == [])
  }

  @Test("lists, mappings and text in each style")
  func styles() throws {
    let yaml = """
      list:
      - 1
      -   - a
          - {b: [c, "d"]}
      -
      literal: |
        one
          two

        three
      folded: >-
        one
        two

        three
      plain: one
        two
      single: 'it''s'
      double: "tab\\t \\u00e9 \\U0001F600 \\x41"
      ? long
      : way
      "": empty
      utf8: é€😀
      """
    #expect(
      try Self.json(yaml) == [
        #"{"list":[1,["a",{"b":["c","d"]}],null],"literal":"one\n  two\n\nthree\n","folded":"one two\nthree","#
          + #""plain":"one two","single":"it's","double":"tab\t é 😀 A","long":"way","":"empty","utf8":"é€😀"}"#
      ])
  }

  @Test("JSON is YAML")
  func flow() throws {
    let json = #"{"a":[1,2.5,true,null,"x\ny"],"b":{"c":{}}}"#
    #expect(try Self.json(json) == [json])
  }

  @Test("aliases stand for what their anchors name, and an anchor can be named anew")
  func aliases() throws {
    #expect(
      try Self.json("a: &x {p: 1}\nb: *x\nc: &x [2]\nd: *x\n") == [#"{"a":{"p":1},"b":{"p":1},"c":[2],"d":[2]}"#])
    #expect(try Self.json("a: &k b\n*k : c\n") == [#"{"a":"b","b":"c"}"#])
  }

  @Test(
    "merges copy members, in the order that kubectl has",
    arguments: [
      ("{<<: *b, a: 2}", #"{"a":2,"c":3}"#), ("{a: 2, <<: *b}", #"{"a":1,"c":3}"#),
      ("{<<: [*b, *d]}", #"{"a":1,"e":6,"c":3}"#), ("{<<: *b, <<: *d}", #"{"a":5,"c":3,"e":6}"#),
      ("{<<: {x: 1}, z: 2}", #"{"x":1,"z":2}"#), ("{!!merge <<: *b}", #"{"a":1,"c":3}"#),
      (#"{"<<": 1}"#, #"{"<<":1}"#), ("{!!str <<: 1}", #"{"<<":1}"#),
    ])
  func merges(yaml: String, json: String) throws {
    #expect(
      try Self.json("b: &b {a: 1, c: 3}\nd: &d {a: 5, e: 6}\nv: \(yaml)\n")
        == [#"{"b":{"a":1,"c":3},"d":{"a":5,"e":6},"v":"# + json + "}"])
  }

  @Test(
    "an error names line and column, and says what to do",
    arguments: [
      ("a: 1\nb:\n\t- c\n", "3:1: a tab cannot indent; use spaces"),
      ("a: %START_TIME%\n", "1:4: a value cannot begin with %; quote it"),
      ("a: @x\n", "1:4: a value cannot begin with @; quote it"),
      (
        "a: b: c\n",
        "1:5: a colon is not allowed here; quote the value that contains it, or check the indentation"
      ),
      (
        "a:\n  b: 1\n c: 2\n",
        "3:2: this line does not fit the lines before it, check its indentation, while parsing a block mapping "
          + "that begins at line 1"
      ),
      ("a: 1\nb\nc: 2\n", "3:1: a key without a colon after it, while scanning a simple key that begins at line 2"),
      ("a: [1, 2\n", "2:1: did not find expected ',' or ']', while parsing a flow sequence that begins at line 1"),
      ("a: \"x\n", "2:1: found unexpected end of stream, while scanning a quoted scalar that begins at line 1"),
      ("a: 1\nb: 2\na: 3\n", "3:1: the key a stands twice, first at line 1"),
      ("a: {\"x y\": 1, \"x y\": 2}\n", #"1:15: the key ["x y"] stands twice, first at line 1"#),
      ("a: {1: x, \"1\": y}\n", "1:11: the key 1 stands twice, first at line 1"),
      ("a: {yes: x, \"true\": y}\n", "1:13: the key true stands twice, first at line 1"),
      ("a: *nope\n", "1:4: no anchor &nope stands before this alias"),
      ("a: &a [*a]\n", "1:8: the value of the anchor &a contains itself"),
      ("a: &a {b: *a}\n", "1:11: the value of the anchor &a contains itself"),
      ("a: &x 1\n---\nb: *x\n", "3:4: no anchor &x stands before this alias"),
      ("<<: 3\n", "1:5: << takes a mapping, or a list of mappings"),
      ("<<: [3]\n", "1:6: << takes a mapping, or a list of mappings"),
      ("? [a]\n: b\n", "1:3: a key cannot be a list or a mapping"),
      ("~: b\n", "1:1: a key cannot be null; quote it if it is meant as text"),
      ("a: é: b\n", "1:5: a colon is not allowed here; quote the value that contains it, or check the indentation"),
    ])
  func errors(yaml: String, message: String) {
    #expect(Self.error(yaml) == message)
  }

  @Test("bytes that are no UTF-8, and control characters, are refused at their place")
  func badBytes() {
    let error = #expect(throws: YAMLError.self) {
      try YAML.documents(in: Array("a: 1\nb: é".utf8) + [0xFF, 0x0A])
    }
    #expect(error?.position == YAMLPosition(line: 2, column: 5))
    #expect(Self.error("a: 1\nb: \u{7}") == "2:4: control characters are not allowed")
  }

  @Test("aliases that multiply are refused before they fill the memory")
  func aliasBomb() {
    var yaml = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
    for level in 1...30 {
      yaml += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ","))]\n"
    }
    #expect(Self.error(yaml)?.contains("the aliases stand for more than") == true)
    let text = String(repeating: "x", count: 100_000)
    let long = "a: &a \(text)\nb: [\(Array(repeating: "*a", count: 1000).joined(separator: ","))]\n"
    #expect(Self.error(long)?.contains("the aliases stand for more than") == true)
  }

  @Test("merges that multiply are refused")
  func mergeBomb() {
    let members = (0..<1000).map { "k\($0): 1" }.joined(separator: ", ")
    let merges = Array(repeating: "*a", count: 200).joined(separator: ", ")
    #expect(Self.error("a: &a {\(members)}\nb: {<<: [\(merges)]}\n")?.contains("merges (<<) copy more than") == true)
  }

  @Test("depth is bounded, also where aliases add it")
  func depth() {
    let deep = String(repeating: "[", count: 5000)
    #expect(Self.error(deep)?.contains("deep inside each other") == true)
    var yaml = "a0: &a0 [[[[[[[[[[x]]]]]]]]]]\n"
    for level in 1...20 { yaml += "a\(level): &a\(level) [[[[[[[[[[*a\(level - 1)]]]]]]]]]]\n" }
    #expect(Self.error(yaml)?.contains("deep inside each other") == true)
  }
}
