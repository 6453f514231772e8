package import JSON

/// Damages JSON documents that keep their grammar: values of the wrong kind, missing, doubled and foreign members.
package struct JSONMutator: Sendable {
  private let corpus: [JSONValue]
  /// By member name, the values that stand there somewhere.
  private let donors: [String: [JSONValue]]
  private let keys: [String]
  private let odd: [JSONValue]

  /// - Parameters:
  ///   - corpus: valid documents, at least one.
  ///   - dictionary: texts that mean something to the reader.
  package init(_ corpus: [JSONValue], dictionary: [String] = []) {
    var donors: [String: [JSONValue]] = [:]
    for document in corpus { Self.collect(document, into: &donors) }
    self.corpus = corpus
    self.donors = donors
    keys = donors.keys.sorted()
    odd = Self.odd + dictionary.map { .string($0) }
  }

  private static func collect(_ value: JSONValue, into donors: inout [String: [JSONValue]]) {
    switch value {
    case .array(let elements):
      for element in elements { collect(element, into: &donors) }
    case .object(let members):
      for member in members {
        donors[member.key, default: []].append(member.value)
        collect(member.value, into: &donors)
      }
    default: break
    }
  }

  /// A document with some changes; now and then with none.
  package func mutant(using random: inout FuzzRandom) -> JSONValue {
    var value = random.choice(corpus) ?? .null
    for _ in 0..<(random.choice([0, 1, 1, 1, 2, 2, 3, 5]) ?? 1) { change(&value, key: "", using: &random) }
    return value
  }

  /// Goes down to a random node, and changes it.
  private func change(_ value: inout JSONValue, key: String, using random: inout FuzzRandom) {
    switch value {
    case .array(var elements) where !elements.isEmpty && random.chance(80):
      change(&elements[random.below(elements.count)], key: key, using: &random)
      value = .array(elements)
    case .object(var members) where !members.isEmpty && random.chance(85):
      let place = random.below(members.count)
      change(&members[place].value, key: members[place].key, using: &random)
      value = .object(members)
    default: replace(&value, key: key, using: &random)
    }
  }

  private func replace(_ value: inout JSONValue, key: String, using random: inout FuzzRandom) {
    switch random.below(8) {
    case 0, 1: value = random.choice(donors[key] ?? []) ?? .null
    case 2, 3: value = random.choice(odd) ?? .null
    case 4: value = nested(value, using: &random)
    case 5:
      if case .string(let text) = value { value = .string(changed(text, using: &random)) }
    default:
      switch value {
      case .array(var elements):
        change(&elements, key: key, using: &random)
        value = .array(elements)
      case .object(var members):
        change(&members, using: &random)
        value = .object(members)
      case .string(let text): value = .string(changed(text, using: &random))
      default: value = random.choice(odd) ?? .null
      }
    }
  }

  private func change(_ elements: inout [JSONValue], key: String, using random: inout FuzzRandom) {
    switch random.below(5) {
    case 0: _ = elements.popLast()
    case 1: elements += elements
    case 2: elements.reverse()
    case 3: elements.append(random.choice(odd) ?? .null)
    default:
      if let element = random.choice(elements) { elements = Array(repeating: element, count: 65) }
    }
  }

  private func change(_ members: inout [JSONMember], using random: inout FuzzRandom) {
    let place = random.below(members.count)
    switch random.below(6) {
    case 0:
      if !members.isEmpty { members.remove(at: place) }
    case 1:
      if !members.isEmpty { members[place].key = random.choice(keys) ?? "" }
    case 2:
      if !members.isEmpty { members[place].key = changed(members[place].key, using: &random) }
    case 3:
      // A key that stands twice.
      if !members.isEmpty { members.append(JSONMember(key: members[place].key, value: random.choice(odd) ?? .null)) }
    default:
      guard let key = random.choice(keys), let value = random.choice(donors[key] ?? []) else { return }
      members.append(JSONMember(key: key, value: value))
    }
  }

  private func nested(_ value: JSONValue, using random: inout FuzzRandom) -> JSONValue {
    let depth = random.choice([1, 2, 30, 126, 200]) ?? 1
    let isList = random.chance(50)
    return (0..<depth).reduce(value) { inner, _ in
      isList ? .array([inner]) : .object([JSONMember(key: "a", value: inner)])
    }
  }

  private func changed(_ text: String, using random: inout FuzzRandom) -> String {
    var letters = Array(text.unicodeScalars)
    let place = random.below(letters.count + 1)
    switch random.below(5) {
    case 0: letters.removeSubrange(place..<min(letters.count, place + 1 + random.below(4)))
    case 1: letters.insert(contentsOf: (random.choice(Self.fragments) ?? "").unicodeScalars, at: place)
    case 2: letters += letters
    case 3: return text.uppercased()
    default: return random.choice(Self.fragments) ?? ""
    }
    var result = String.UnicodeScalarView()
    result.append(contentsOf: letters)
    return String(result)
  }

  private static let odd: [JSONValue] = [
    .null, true, false, 0, -1, 1, 65_535, 65_536, .integer(.max), .integer(.min), .integer(1 << 31), .number(0.5),
    .number(1e300), .number(-1e-300),
    "", " ", "a", "*", "true", "1", .array([]), .object([]), .array([.null]), .array([.array([])]),
    .string(String(repeating: "x", count: 300)), .object([JSONMember(key: "", value: "")]),
  ]

  private static let fragments = [
    "", " ", ".", "..", "/", "//", ":", "-", "_", "*", "%", "\\", "\"", "'", "\n", "\u{0}", "\u{7F}", "é", "\u{2028}",
    "👩‍👩‍👧", "\u{301}", "0", "-1", "99999999999999999999", "1e999", "{", "[", "<", "\u{FEFF}", "\u{10FFFF}",
    String(repeating: "a", count: 254),
  ]
}
