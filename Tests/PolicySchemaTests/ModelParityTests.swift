import JSON
import KubernetesAPI
import Testing

/// The CRD and the Swift model have the same fields: a policy that sets all of the CRD's fills all of the model's.
@Suite("The CRD and the model")
struct ModelParityTests {
  private let full: FullPolicy

  init() throws {
    full = try FullPolicy(try PolicyDefinition())
  }

  /// Reads a policy, and the fields of it that the model does not have.
  private func read(_ json: [UInt8]) throws -> (policy: HTTPListenerPolicy, unknownFields: [String]) {
    var reader = JSONReader(json, recordsUnknownFields: true)
    guard case .httpListenerPolicy(let policy)? = try KubernetesObject.decode(from: &reader) else {
      throw UnusableFixture(description: "the document is not read as an HTTPListenerPolicy")
    }
    return (policy, reader.unknownFields)
  }

  @Test("the model knows every field of the CRD")
  func crdToModel() throws {
    #expect(try read(full.json).unknownFields == [])
  }

  @Test("every field of the CRD makes a difference in the model")
  func everyFieldIsKept() throws {
    let policy = try read(full.json).policy
    #expect(full.leaves.count > 100)
    for leaf in full.leaves {
      let changed = try read(full.json(changing: leaf)).policy
      #expect(changed != policy, "\(leaf.schemaPath)")
    }
  }

  @Test("every property of the model comes from a field of the CRD")
  func modelToCRD() throws {
    var properties = ModelProperties(values: full.values)
    let policy = try read(full.json).policy
    for property in Mirror(reflecting: policy).children {
      // The first is of every kind of object, the second is the status.
      guard let name = property.label, name != "metadata", name != "ancestorStatuses" else { continue }
      properties.visit(property.value, as: "HTTPListenerPolicy.\(name)")
    }
    #expect(properties.all.count > 60)
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
