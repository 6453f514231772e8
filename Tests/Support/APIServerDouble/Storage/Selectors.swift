/// A label selector, as in `labelSelector=app in (a,b),!canary`.
struct LabelSelector: Sendable {
  private enum Requirement: Sendable {
    case isIn(String, Set<String>)
    case isNotIn(String, Set<String>)
    case exists(String)
    case doesNotExist(String)
  }

  private var requirements: [Requirement] = []

  var isEmpty: Bool { requirements.isEmpty }

  init(_ text: String) throws(StatusError) {
    for part in Self.split(text) {
      requirements.append(try Self.requirement(part))
    }
  }

  func matches(_ labels: JSONObject) -> Bool {
    requirements.allSatisfy { requirement in
      switch requirement {
      case .isIn(let key, let values): labels[key]?.stringValue.map(values.contains) ?? false
      case .isNotIn(let key, let values): !(labels[key]?.stringValue.map(values.contains) ?? false)
      case .exists(let key): labels[key] != nil
      case .doesNotExist(let key): labels[key] == nil
      }
    }
  }

  /// Splits at the commas outside of parentheses.
  private static func split(_ text: String) -> [String] {
    var parts: [String] = []
    var current = ""
    var depth = 0
    for character in text {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character == ",", depth == 0 {
        parts.append(current)
        current = ""
      } else {
        current.append(character)
      }
    }
    parts.append(current)
    return parts.map { $0.trimmed }.filter { !$0.isEmpty }
  }

  private static func requirement(_ text: String) throws(StatusError) -> Requirement {
    if text.hasPrefix("!") { return .doesNotExist(String(text.dropFirst()).trimmed) }
    if text.hasSuffix(")"), let open = text.firstIndex(of: "(") {
      let words = text[..<open].split(separator: " ")
      let values = text[text.index(after: open)...].dropLast().split(separator: ",").map { String($0).trimmed }
      if words.count == 2, words[1] == "in" { return .isIn(String(words[0]), Set(values)) }
      if words.count == 2, words[1] == "notin" { return .isNotIn(String(words[0]), Set(values)) }
    } else if let (key, value) = text.split(at: "!=") {
      return .isNotIn(key, [value])
    } else if let (key, value) = text.split(at: "==") ?? text.split(at: "=") {
      return .isIn(key, [value])
    } else if !text.contains(" ") {
      return .exists(text)
    }
    throw .badRequest("unable to parse requirement: found '\(text)', expected: in, notin, =, ==, !=")
  }
}

/// A field selector, as in `fieldSelector=metadata.name=a,type!=Opaque`.
struct FieldSelector: Sendable {
  private struct Term: Sendable {
    let path: [String]
    let value: String
    let isEqual: Bool
  }

  private var terms: [Term] = []

  var isEmpty: Bool { terms.isEmpty }

  init(_ text: String, for kind: ResourceKind) throws(StatusError) {
    let supported = ["metadata.name", "metadata.namespace"] + kind.selectableFields
    for part in text.split(separator: ",").map(String.init) {
      let (field, value, isEqual): (String, String, Bool)
      if let (key, operand) = part.split(at: "!=") {
        (field, value, isEqual) = (key, operand, false)
      } else if let (key, operand) = part.split(at: "==") ?? part.split(at: "=") {
        (field, value, isEqual) = (key, operand, true)
      } else {
        throw .badRequest("invalid field selector: '\(part)'; can't understand '\(part)'")
      }
      guard supported.contains(field) else {
        throw .badRequest(
          "Unable to find \"\(kind.group.isEmpty ? "/" : "")\(kind.apiVersion), Resource=\(kind.plural)\" that match "
            + "label selector \"\", field selector \"\(text)\": field label not supported: \(field)")
      }
      terms.append(Term(path: field.split(separator: ".").map(String.init), value: value, isEqual: isEqual))
    }
  }

  func matches(_ object: JSONValue) -> Bool {
    terms.allSatisfy { ((object[$0.path]?.stringValue ?? "") == $0.value) == $0.isEqual }
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  fileprivate func split(at separator: String) -> (String, String)? {
    guard let range = firstRange(of: separator) else { return nil }
    return (String(self[..<range.lowerBound]).trimmed, String(self[range.upperBound...]).trimmed)
  }
}
