import JSON
import KubernetesAPI

/// The texts in a policy with their paths, whatever fields it has.
///
/// By reflection over the model, whose properties are called like the fields: it is wanted only when a proxy has refused
/// something, and a new field needs nothing here.
enum PolicyText {
  /// A field with a text, or a text inside of a free-form field.
  struct Field: Hashable, Sendable {
    /// From the object's root.
    var path: String
    var text: String
  }

  /// Deeper than any policy that the API server takes.
  private static let depthLimit = 40

  /// The texts under a path such as `spec.accessLog[0]`; none if the policy has nothing there.
  static func fields(of policy: HTTPListenerPolicy, under path: String) -> [Field] {
    var value: Any = policy
    var components = JSONPath.components(of: path)[...]
    guard components.popFirst() == .key("spec"), let first = components.first else { return [] }
    for component in components {
      guard let next = child(component, of: value) else { return [] }
      value = next
    }
    var fields: [Field] = []
    collect(value, at: path, depthLimit, &fields)
    // Other fields are models with a form of their own, in which a path from their properties could be wrong.
    return first == .key("accessLog") ? fields : fields.map { Field(path: path, text: $0.text) }
  }

  private static func child(_ component: JSONPath.Component, of value: Any) -> Any? {
    let children = Mirror(reflecting: unwrapped(value) ?? value).children
    switch component {
    case .key(let key): return children.first { name(of: $0) == key }?.value
    case .index(let index): return index < children.count ? children.dropFirst(index).first?.value : nil
    }
  }

  /// What a property is called; one that is ``Boxed`` is stored with an underscore.
  private static func name(of child: Mirror.Child) -> String {
    guard let label = child.label else { return "" }
    return label.hasPrefix("_") ? String(label.dropFirst()) : label
  }

  private static func collect(_ value: Any, at path: String, _ depth: Int, _ fields: inout [Field]) {
    guard depth > 0, let value = unwrapped(value) else { return }
    if let text = value as? String {
      fields.append(Field(path: path, text: text))
    } else if let json = value as? JSONValue {
      collect(json, at: path, depth, &fields)
    } else {
      let mirror = Mirror(reflecting: value)
      for (index, child) in mirror.children.enumerated() {
        let component =
          mirror.displayStyle == .collection
          ? JSONPath.component(index: index) : JSONPath.component(key: name(of: child))
        // The payload of a case stands where the enum does.
        let place = mirror.displayStyle == .enum ? path : JSONPath.join(path, component)
        collect(child.value, at: place, depth - 1, &fields)
      }
    }
  }

  private static func collect(_ value: JSONValue, at path: String, _ depth: Int, _ fields: inout [Field]) {
    guard depth > 0 else { return }
    switch value {
    case .string(let text): fields.append(Field(path: path, text: text))
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        collect(element, at: JSONPath.join(path, JSONPath.component(index: index)), depth - 1, &fields)
      }
    case .object(let members):
      for member in members {
        collect(member.value, at: JSONPath.join(path, JSONPath.component(key: member.key)), depth - 1, &fields)
      }
    case .null, .bool, .integer, .number: break
    }
  }

  /// What an optional holds; nil for one that holds nothing.
  private static func unwrapped(_ value: Any) -> Any? {
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .optional else { return value }
    return mirror.children.first?.value
  }
}
