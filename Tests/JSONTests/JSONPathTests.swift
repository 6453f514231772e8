import JSON
import Testing

@Suite("Paths in JSON documents")
struct JSONPathTests {
  @Test(
    "a path is taken apart into the steps that it was made of",
    arguments: [
      ("", []), ("spec", [.key("spec")]),
      ("a.b-c[10][2].d_$", [.key("a"), .key("b-c"), .index(10), .index(2), .key("d_$")]),
      ("[0].a", [.index(0), .key("a")]),
      (#"["a.b"].c["]\"["][1]"#, [.key("a.b"), .key("c"), .key(#"]"["#), .index(1)]),
      (#"a[""]"#, [.key("a"), .key("")]), (#"a["é"]"#, [.key("a"), .key("é")]),
    ] as [(String, [JSONPath.Component])])
  func components(path: String, components: [JSONPath.Component]) {
    #expect(JSONPath.components(of: path) == components)
    let joined = components.reduce("") { path, component in
      switch component {
      case .key(let key): JSONPath.join(path, JSONPath.component(key: key))
      case .index(let index): JSONPath.join(path, JSONPath.component(index: index))
      }
    }
    #expect(joined == path)
  }

  @Test("what is no path ends it", arguments: ["a[", "a[x]", "a[1", #"a["b"#, "a..b", "a b", "a[1.5]"])
  func broken(path: String) {
    #expect(JSONPath.components(of: path) == [.key("a")])
  }
}
