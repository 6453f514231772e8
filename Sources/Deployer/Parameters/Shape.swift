import JSON
import Translator

/// What a value that Kubernetes defines must look like. The API server would refuse the whole Deployment for one of them;
/// here the fault gets the path in the object where it was written.
indirect enum Shape: Sendable {
  case text
  /// One of a few words.
  case word([String])
  case integer(ClosedRange<Int64>)
  case bool
  case list(Shape)
  /// Any keys, with values of a shape.
  case map(Shape)
  case object([String: Shape], required: [String] = [])

  /// Tells everything that is wrong with a value.
  ///
  /// - Parameter path: of the value, from the root of its object.
  func check(_ value: JSONValue, at path: String, _ faults: inout [FieldFault]) {
    switch (self, value) {
    case (.text, .string), (.bool, .bool): break
    case (.word(let words), .string(let text)):
      if !words.contains(text) { faults.add(path, FieldCheck.unknown(text, known: words)) }
    case (.integer(let range), .integer(let number)):
      if !range.contains(number) {
        faults.add(
          path, "\(number) is out of range; use a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
    case (.list(let shape), .array(let elements)):
      for (index, element) in elements.enumerated() {
        shape.check(element, at: path + JSONPath.component(index: index), &faults)
      }
    case (.map(let shape), .object(let members)):
      for member in members {
        shape.check(member.value, at: JSONPath.join(path, JSONPath.component(key: member.key)), &faults)
      }
    case (.object(let fields, let required), .object(let members)):
      Self.check(members, fields, required, at: path, &faults)
    default:
      faults.add(path, "expected \(kind), found \(value.kind)")
    }
  }

  private static func check(
    _ members: [JSONMember], _ fields: [String: Shape], _ required: [String], at path: String,
    _ faults: inout [FieldFault]
  ) {
    for member in members where member.value != .null {
      let inner = JSONPath.join(path, JSONPath.component(key: member.key))
      if let shape = fields[member.key] {
        shape.check(member.value, at: inner, &faults)
      } else {
        faults.add(inner, "the field \(FieldCheck.unknown(member.key, known: fields.keys.sorted()))")
      }
    }
    for name in required where !members.contains(where: { $0.key == name && $0.value != .null }) {
      faults.add(path, "\(name) is missing")
    }
  }

  private var kind: JSONKind {
    switch self {
    case .text, .word: .string
    case .integer: .number
    case .bool: .bool
    case .list: .array
    case .map, .object: .object
    }
  }
}

// MARK: Kubernetes' own

extension Shape {
  private static let labels = Shape.map(.text)
  private static let count = Shape.integer(0...Int64(Int32.max))
  private static let weight = Shape.integer(1...100)

  static let labelSelector = Shape.object([
    "matchLabels": labels,
    "matchExpressions": .list(
      .object(
        ["key": .text, "operator": .word(["In", "NotIn", "Exists", "DoesNotExist"]), "values": .list(.text)],
        required: ["key", "operator"])),
  ])

  static let toleration = Shape.object([
    "key": .text, "operator": .word(["Exists", "Equal"]), "value": .text,
    "effect": .word(["NoSchedule", "PreferNoSchedule", "NoExecute"]), "tolerationSeconds": .integer(0...Int64.max),
  ])

  static let topologySpreadConstraint = Shape.object(
    [
      "maxSkew": .integer(1...Int64(Int32.max)), "topologyKey": .text,
      "whenUnsatisfiable": .word(["DoNotSchedule", "ScheduleAnyway"]), "labelSelector": labelSelector,
      "minDomains": .integer(1...Int64(Int32.max)), "nodeAffinityPolicy": .word(["Honor", "Ignore"]),
      "nodeTaintsPolicy": .word(["Honor", "Ignore"]), "matchLabelKeys": .list(.text),
    ], required: ["maxSkew", "topologyKey", "whenUnsatisfiable"])

  private static let nodeRequirements = Shape.list(
    .object(
      [
        "key": .text, "operator": .word(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]),
        "values": .list(.text),
      ], required: ["key", "operator"]))

  private static let nodeSelectorTerm = Shape.object([
    "matchExpressions": nodeRequirements, "matchFields": nodeRequirements,
  ])

  private static let podAffinityTerm = Shape.object(
    [
      "labelSelector": labelSelector, "namespaces": .list(.text), "namespaceSelector": labelSelector,
      "topologyKey": .text, "matchLabelKeys": .list(.text), "mismatchLabelKeys": .list(.text),
    ], required: ["topologyKey"])

  private static let podAffinity = Shape.object([
    "requiredDuringSchedulingIgnoredDuringExecution": .list(podAffinityTerm),
    "preferredDuringSchedulingIgnoredDuringExecution": .list(
      .object(["weight": weight, "podAffinityTerm": podAffinityTerm], required: ["weight", "podAffinityTerm"])),
  ])

  static let affinity = Shape.object([
    "nodeAffinity": .object([
      "requiredDuringSchedulingIgnoredDuringExecution": .object(
        ["nodeSelectorTerms": .list(nodeSelectorTerm)], required: ["nodeSelectorTerms"]),
      "preferredDuringSchedulingIgnoredDuringExecution": .list(
        .object(["weight": weight, "preference": nodeSelectorTerm], required: ["weight", "preference"])),
    ]),
    "podAffinity": podAffinity,
    "podAntiAffinity": podAffinity,
  ])

  static let variableSource = Shape.object([
    "fieldRef": .object(["apiVersion": .text, "fieldPath": .text], required: ["fieldPath"]),
    "resourceFieldRef": .object(["containerName": .text, "resource": .text, "divisor": .text], required: ["resource"]),
    "configMapKeyRef": .object(["name": .text, "key": .text, "optional": .bool], required: ["name", "key"]),
    "secretKeyRef": .object(["name": .text, "key": .text, "optional": .bool], required: ["name", "key"]),
  ])
}
