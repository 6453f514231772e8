extension Schema {
  /// Fills in the defaults, as for a structural schema: a member that is absent takes its default, then the members
  /// that are there get theirs; a null where null is not allowed counts as absent.
  func applyDefaults(to value: inout JSONValue) {
    switch value {
    case .object(var object):
      for (name, schema) in properties {
        if let current = object[name], current == .null, !schema.nullable, schema.type != nil {
          object[name] = schema.defaultValue
        } else if object[name] == nil {
          object[name] = schema.defaultValue
        }
      }
      for key in object.keys {
        guard let schema = property(key), var child = object[key] else { continue }
        schema.applyDefaults(to: &child)
        object[key] = child
      }
      value = .object(object)
    case .array(let elements):
      guard let schema = items.first else { return }
      value = .array(
        elements.map {
          var element = $0
          schema.applyDefaults(to: &element)
          return element
        })
    default:
      break
    }
  }

  /// The paths of members that the schema does not know (`spec.listeners[0].nosuchfield`), which are removed.
  func pruneUnknownFields(of value: inout JSONValue, at path: String = "") -> [String] {
    switch value {
    case .object(var object):
      var unknown: [String] = []
      for key in object.keys {
        let childPath = path.isEmpty ? key : "\(path).\(key)"
        if let schema = property(key), var child = object[key] {
          unknown += schema.pruneUnknownFields(of: &child, at: childPath)
          object[key] = child
        } else if !isOpen {
          unknown.append(childPath)
          object[key] = nil
        }
      }
      value = .object(object)
      return unknown
    case .array(let elements):
      guard let schema = items.first else { return [] }
      var unknown: [String] = []
      value = .array(
        elements.enumerated().map { index, element in
          var element = element
          unknown += schema.pruneUnknownFields(of: &element, at: "\(path)[\(index)]")
          return element
        })
      return unknown
    default:
      return []
    }
  }

  /// The members of every object in the order of the schema, then the others as they were: how a built-in kind,
  /// which is a Go struct, is written.
  func ordered(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let object):
      var members: [(String, JSONValue)] = []
      for (name, schema) in properties {
        if let child = object[name] { members.append((name, schema.ordered(child))) }
      }
      let others = object.filter { !isField($0.key) }
      let isMap = !additionalProperties.isEmpty
      for (key, child) in isMap ? others.sorted(by: { $0.key < $1.key }) : others {
        members.append((key, property(key)?.ordered(child) ?? child))
      }
      return .object(JSONObject(members))
    case .array(let elements):
      guard let schema = items.first else { return value }
      return .array(elements.map { schema.ordered($0) })
    default:
      return value
    }
  }
}
