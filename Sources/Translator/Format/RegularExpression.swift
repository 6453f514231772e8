/// A first look at a regular expression of RE2, which is Envoy's kind: whether its brackets are closed, and whether it
/// uses what RE2 does not have. Whether it compiles, only Envoy can say.
enum RegularExpression {
  /// What is wrong, or nil.
  static func fault(in pattern: String) -> String? {
    let characters = Array(pattern)
    var open: [Character] = []
    var isInClass = false
    var index = 0
    while index < characters.count {
      let character = characters[index]
      switch character {
      case "\\":
        guard index + 1 < characters.count else { return "\"\(pattern)\" ends with a \\ that escapes nothing" }
        let next = characters[index + 1]
        if !isInClass, next.isNumber, next != "0" {
          return "\"\(pattern)\" refers back to a group with \\\(next), which RE2 does not have"
        }
        index += 1
      case "[" where !isInClass:
        isInClass = true
        // The first ] of a class stands for itself.
        if index + 1 < characters.count, characters[index + 1] == "^" { index += 1 }
        if index + 1 < characters.count, characters[index + 1] == "]" { index += 1 }
      case "]" where isInClass: isInClass = false
      case "(" where !isInClass:
        open.append("(")
        if looksAround(characters, at: index) {
          return "\"\(pattern)\" looks ahead or behind with (?, which RE2 does not have"
        }
      case ")" where !isInClass:
        if open.popLast() == nil { return "\"\(pattern)\" has a ) too many at position \(index)" }
      default: break
      }
      index += 1
    }
    if isInClass { return "\"\(pattern)\" has a [ that is not closed" }
    return open.isEmpty ? nil : "\"\(pattern)\" has a ( that is not closed"
  }

  private static func looksAround(_ characters: [Character], at index: Int) -> Bool {
    let rest = String(characters[index...].prefix(4))
    return ["(?=", "(?!", "(?<=", "(?<!"].contains { rest.hasPrefix($0) }
  }
}
