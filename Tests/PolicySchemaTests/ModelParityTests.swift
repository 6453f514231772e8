import JSON
import KubernetesAPI
import Testing

/// The CRD and the Swift model have the same fields: a policy that sets all of the CRD's fills all of the model's.
@Suite("The CRD and the model")
struct ModelParityTests {
  /// Reads an object, and the fields of it that the model does not have.
  private func read(_ json: [UInt8]) throws -> (object: KubernetesObject, unknownFields: [String]) {
    var reader = JSONReader(json, recordsUnknownFields: true)
    guard let object = try KubernetesObject.decode(from: &reader) else {
      throw UnusableFixture(description: "the document is of no kind that is known")
    }
    return (object, reader.unknownFields)
  }

  /// The model of the object itself.
  private func model(_ object: KubernetesObject) throws -> any Sendable {
    switch object {
    case .httpListenerPolicy(let policy): policy
    case .gatewayParameters(let parameters): parameters
    default: throw UnusableFixture(description: "\(object.kind) has no CRD here")
    }
  }

  @Test("the model knows every field of the CRD", arguments: OwnKind.allCases)
  func crdToModel(_ kind: OwnKind) throws {
    let full = try FullPolicy(try PolicyDefinition(kind))
    #expect(try read(full.json).unknownFields == [])
  }

  @Test("every field of the CRD makes a difference in the model", arguments: OwnKind.allCases)
  func everyFieldIsKept(_ kind: OwnKind) throws {
    let full = try FullPolicy(try PolicyDefinition(kind))
    let object = try read(full.json).object
    #expect(full.leaves.count > (kind == .policy ? 100 : 40))
    for leaf in full.leaves {
      let changed = try read(full.json(changing: leaf)).object
      #expect(changed != object, "\(leaf.schemaPath)")
    }
  }

  @Test("every property of the model comes from a field of the CRD", arguments: OwnKind.allCases)
  func modelToCRD(_ kind: OwnKind) throws {
    let full = try FullPolicy(try PolicyDefinition(kind))
    var properties = ModelProperties(values: full.values)
    let object = try model(try read(full.json).object)
    for property in Mirror(reflecting: object).children {
      // The first is of every kind of object, the second is the status.
      guard let name = property.label, name != "metadata", name != "ancestorStatuses" else { continue }
      properties.visit(property.value, as: "\(kind.rawValue).\(name)")
    }
    #expect(properties.all.count > (kind == .policy ? 60 : 40))
    #expect(properties.all.subtracting(properties.set) == [])
  }
}

/// The properties of a model's types, as `Type.property`, and which of them have a value of the document somewhere.
private struct ModelProperties {
  let values: Set<String>
  private(set) var all: Set<String> = []
  private(set) var set: Set<String> = []

  init(values: Set<String>) {
    self.values = values
  }

  /// - Returns: whether some value of the document is in it.
  @discardableResult
  mutating func visit(_ value: Any, as property: String) -> Bool {
    all.insert(property)
    let isSet = holdsValue(value)
    if isSet { set.insert(property) }
    return isSet
  }

  private mutating func holdsValue(_ value: Any) -> Bool {
    switch value {
    case let text as String: return values.contains(text)
    case let number as Int: return values.contains("\(number)")
    case let number as Double: return values.contains("\(Int(number))")
    case let isTrue as Bool: return isTrue
    case let json as JSONValue: return json != .null
    default: break
    }
    let mirror = Mirror(reflecting: value)
    var isSet = false
    for child in mirror.children {
      let holds =
        mirror.displayStyle == .struct
        ? visit(child.value, as: "\(String(reflecting: mirror.subjectType)).\(child.label ?? "")")
        : holdsValue(child.value)
      isSet = isSet || holds
    }
    return isSet
  }
}
