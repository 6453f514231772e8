import RealComponents

/// Random expressions: sound ones from the grammar, and most of them damaged.
struct ExpressionGenerator {
  private var random: SplitMix64

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
  }

  private static let values = [
    "request.path", "response.code", "request.headers['x-a']", "request.headers.host", "'abc'", #""d""#, "1", "2u",
    "1.5", "true", "false", "null", "metadata", "filter_state", "xds.node.id", "b'x'", "-1", "[1, 2]", "{'a': 1}",
    "upstream.address", "request.time", #"r'a\b'"#, "'''q'''", "int", "size('a')", "request.`path`", "0x1F", "1e3",
    ".5",
    "re.capture('a', 'b')", "has(request.path)", "'a'.matches('^[a-z]+$')", "'a'.matches('(x|y)*')",
  ]

  private static let fragments = [
    "(", ")", "[", "]", "{", "}", ",", ".", "..", "?", ":", "&&", "||", "!", "-", "+", "*", "/", "%", "==", "=", "<",
    "in", " in ", "'", "\"", "'''", "\\", "`", "a", "1", "1.", "0x", "u", "e", "r'", "b\"", "\n", " ", "true", "null",
    "if", "has(", "size(", "//", "é", "😀", "x-y", "\t", "@", "#", "$", ";", "\\x", "\\u12", "1e", "9999999999999999999",
    "_", "\\\\d", "(?", "{2}", "+?",
  ]

  mutating func expression() -> String {
    let sound = part(depth: Int.random(in: 0...6, using: &random))
    guard Int.random(in: 0..<10, using: &random) < 6 else { return sound }
    var damaged = Array(sound)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: 0...damaged.count, using: &random)
      let fragment = Array(choice(Self.fragments))
      switch Int.random(in: 0..<3, using: &random) {
      case 0: damaged.insert(contentsOf: fragment, at: place)
      case 1: damaged.removeSubrange(place..<min(damaged.count, place + Int.random(in: 1...3, using: &random)))
      default: damaged.replaceSubrange(place..<min(damaged.count, place + 1), with: fragment)
      }
    }
    return String(damaged)
  }

  private mutating func part(depth: Int) -> String {
    guard depth > 0 else { return choice(Self.values) }
    let left = part(depth: depth - 1)
    switch Int.random(in: 0..<11, using: &random) {
    case 0, 1: return left + choice([" && ", " || ", "||"]) + part(depth: depth - 1)
    case 2: return left + choice([" == ", " != ", "<", " <= ", ">", ">=", " in "]) + part(depth: depth - 1)
    case 3: return left + choice(["-", "*", "/", "%", " - ", " + "]) + part(depth: depth - 1)
    case 4: return choice(["!", "-", "!!", "- "]) + left
    case 5: return "(\(left))" + choice(["", ".size()", ".contains('a')", ".x", "[0]", ".getSeconds()"])
    case 6: return "\(left) ? \(part(depth: depth - 2)) : \(part(depth: depth - 1))"
    case 7: return "[\(left), \(part(depth: depth - 2))" + choice(["", ","]) + "]"
    case 8: return "{\(left): \(part(depth: depth - 2))}"
    case 9: return choice(["size", "int", "double", "dyn", "type", "uint", "duration"]) + "(\(left))"
    default: return left + choice([".x", "[0]", "['a']", ".size()", ".y.z"])
    }
  }

  private mutating func choice(_ texts: [String]) -> String { texts.randomElement(using: &random) ?? "" }
}
