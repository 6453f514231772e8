import JSON
import RealComponents

/// Damages policies, knowing nothing of what their fields mean: only where in a policy which values stand in the seeds.
struct PolicyMutator {
  private let material: MutationMaterial
  private var random: SplitMix64

  init(_ material: MutationMaterial, seed: UInt64) {
    self.material = material
    // Neighbouring seeds are no more alike than any others.
    var first = SplitMix64(seed: seed)
    random = SplitMix64(seed: first.next())
  }

  /// A policy of the seeds, with some changes.
  mutating func mutant() -> JSONValue {
    var policy = choice(material.policies) ?? .null
    for _ in 0..<(choice([1, 1, 1, 2, 2, 3, 5]) ?? 1) {
      // What is not in the specification the API server keeps in order; now and then it is damaged all the same.
      let place = chance(97) ? "spec" : "metadata"
      policy = policy.replacing(place) { value in
        var index = Int.random(in: 0..<value.nodeCount, using: &random)
        change(&value, at: &index, path: place)
      }
    }
    return policy
  }

  /// Goes down to the node of that number, and changes it.
  private mutating func change(_ value: inout JSONValue, at index: inout Int, path: String) {
    guard index > 0 else { return change(&value, path: path) }
    index -= 1
    switch value {
    case .array(var elements):
      for position in elements.indices {
        let count = elements[position].nodeCount
        if index < count {
          change(&elements[position], at: &index, path: path + "[]")
          value = .array(elements)
          return
        }
        index -= count
      }
    case .object(var members):
      for position in members.indices {
        let count = members[position].value.nodeCount
        if index < count {
          change(&members[position].value, at: &index, path: "\(path).\(members[position].key)")
          value = .object(members)
          return
        }
        index -= count
      }
    default: break
    }
  }

  private mutating func change(_ value: inout JSONValue, path: String) {
    switch Int.random(in: 0..<100, using: &random) {
    case ..<25: if let donor = choice(material.values[path] ?? []) { value = donor }
    case ..<30: value = anyValue()
    case ..<32: value = nested(value)
    case ..<34: value = choice([.array([]), .object([]), .string(""), .null]) ?? .null
    default:
      switch value {
      case .object(var members):
        change(&members, path: path)
        value = .object(members)
      case .array(var elements):
        change(&elements, path: path)
        value = .array(elements)
      case .string(let text): value = .string(changed(text, path: path))
      case .integer, .number: value = choice(MutationMaterial.numbers) ?? value
      case .bool(let flag): value = .bool(!flag)
      case .null: value = anyValue()
      }
    }
  }

  // MARK: Objects and lists

  private mutating func change(_ members: inout [JSONMember], path: String) {
    let place = members.isEmpty ? nil : Int.random(in: 0..<members.count, using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1:
      if let place { members.remove(at: place) }
    case 2:
      if let place { members[place].key = changed(members[place].key, path: path + ".") }
    case 3:
      if let place, let key = choice(material.keys) { members[place].key = key }
    case 4:
      if let place { members.append(JSONMember(key: members[place].key + "2", value: members[place].value)) }
    case 5:
      if let place, let other = members.indices.randomElement(using: &random) {
        (members[place].value, members[other].value) = (members[other].value, members[place].value)
      }
    default:
      guard let donor = choice(material.members[path] ?? []) else { return }
      if let same = members.firstIndex(where: { $0.key == donor.key }) {
        members[same] = donor
      } else {
        members.append(donor)
      }
    }
    // A key that stands twice would be the reader's business, and not the translator's.
    var seen: Set<String> = []
    members.removeAll { !seen.insert($0.key).inserted }
  }

  private mutating func change(_ elements: inout [JSONValue], path: String) {
    let place = elements.isEmpty ? nil : Int.random(in: 0..<elements.count, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
      if let place { elements.remove(at: place) }
    case 1:
      if let place { elements.append(elements[place]) }
    case 2: elements.shuffle(using: &random)
    case 3: elements.append(anyValue())
    case 4:
      if let place, chance(20) { elements = Array(repeating: elements[place], count: choice([17, 65]) ?? 17) }
    default:
      if let donor = choice(material.values[path + "[]"] ?? []) { elements.append(donor) }
    }
  }

  private mutating func nested(_ value: JSONValue) -> JSONValue {
    let asList = chance(50)
    return (0..<(choice([1, 2, 22, 23, 24, 40, 90]) ?? 1)).reduce(value) { inner, _ in
      asList ? .array([inner]) : .object([JSONMember(key: "a", value: inner)])
    }
  }

  private mutating func anyValue() -> JSONValue {
    switch Int.random(in: 0..<7, using: &random) {
    case 0: .null
    case 1: .bool(chance(50))
    case 2: choice(MutationMaterial.numbers) ?? .integer(0)
    case 3: .array([.string(text())])
    case 4: .object([JSONMember(key: choice(material.keys) ?? "a", value: .string(text()))])
    default: .string(text())
    }
  }

  // MARK: Texts

  private mutating func changed(_ text: String, path: String) -> String {
    var letters = Array(text)
    let place = Int.random(in: 0...letters.count, using: &random)
    switch Int.random(in: 0..<14, using: &random) {
    case 0, 1, 2:
      letters.insert(contentsOf: formatOperator(), at: place)
    case 3:
      letters.insert(contentsOf: choice(MutationMaterial.fragments) ?? "%", at: place)
    case 4:
      if place < letters.count { letters.remove(at: place) }
    case 5:
      if place < letters.count { letters.insert(letters[place], at: place) }
    case 6:
      if place + 1 < letters.count { letters.swapAt(place, place + 1) }
    case 7: return chance(50) ? text.uppercased() : text.lowercased()
    case 8: return String(letters[..<place])
    case 9:
      if chance(15) { return text + String(repeating: choice(["a", "é", "%DURATION%", "x-"]) ?? "a", count: 3000) }
      return " " + text
    case 10: return formatOperator()
    case 11:
      var expressions = ExpressionGenerator(seed: random.next())
      return chance(70) ? "%CEL(\(expressions.expression()))%" : expressions.expression()
    default: return self.text()
    }
    return String(letters)
  }

  private mutating func text() -> String {
    if chance(70), let text = choice(material.texts) { return text }
    return choice(MutationMaterial.oddTexts) ?? ""
  }

  /// One of Envoy's operators, as often as not with what it does not take.
  private mutating func formatOperator() -> String {
    var text = "%" + (choice(MutationMaterial.operators) ?? "REQ")
    if chance(60) { text += "(\(choice(MutationMaterial.arguments) ?? "x"))" }
    if chance(15) { text += ":\(choice(["0", "1", "80", "", "x", "99999999999999999999"]) ?? "0")" }
    return text + (chance(95) ? "%" : "")
  }

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

  private mutating func choice<Element>(_ elements: [Element]) -> Element? { elements.randomElement(using: &random) }
}

extension JSONValue {
  /// The number of values in it, itself included.
  var nodeCount: Int {
    switch self {
    case .array(let elements): elements.reduce(1) { $0 + $1.nodeCount }
    case .object(let members): members.reduce(1) { $0 + $1.value.nodeCount }
    default: 1
    }
  }

  /// The object with one member's value changed.
  fileprivate func replacing(_ key: String, _ change: (inout JSONValue) -> Void) -> JSONValue {
    guard case .object(var members) = self, let place = members.firstIndex(where: { $0.key == key }) else {
      return self
    }
    change(&members[place].value)
    return .object(members)
  }
}
