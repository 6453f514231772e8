extension FieldSet {
  /// The fields that a configuration sets when it is applied: every leaf, every element of a keyed list, and every
  /// map or list that is empty or has no place in the schema.
  init(applying value: JSONValue, _ schema: Schema) {
    self.init()
    collect(value, schema, at: [])
  }

  private mutating func collect(_ value: JSONValue, _ schema: Schema, at path: [String]) {
    switch value {
    case .object(let object) where schema.topology != .atomic && !object.isEmpty:
      for (key, child) in object {
        let childPath = path + [Self.field(key)]
        if !schema.isField(key) || child == .null || child == [:] || child == [] { insert(childPath[...]) }
        collect(child, schema.property(key) ?? .any, at: childPath)
      }
    case .array(let elements) where schema.isKeyed && !elements.isEmpty:
      for element in elements {
        guard let part = Self.element(element, of: schema) else { continue }
        insert((path + [part])[...])
        if schema.topology != .set { collect(element, schema.element, at: path + [part]) }
      }
    default:
      insert(path[...])
    }
  }

  /// What changed between two versions of an object.
  struct Difference {
    /// Fields that are new or have another value.
    var changed = FieldSet()
    /// Fields that are gone, with all that was below them.
    var removed = FieldSet()

    init(from old: JSONValue, to new: JSONValue, _ schema: Schema) {
      compare(old, new, schema, at: [])
    }

    private mutating func compare(_ old: JSONValue?, _ new: JSONValue?, _ schema: Schema, at path: [String]) {
      switch (Parts(old, schema), Parts(new, schema)) {
      case (.whole, .whole):
        if old == new { return }
        if new == nil { removed.insert(path[...]) } else { changed.insert(path[...]) }
      case (let before, let after):
        if old == nil { changed.insert(path[...]) }
        if new == nil { removed.insert(path[...]) }
        if case .whole = before, old != nil { removed.insert(path[...]) }
        if case .whole = after, new != nil { changed.insert(path[...]) }
        let (oldChildren, newChildren) = (before.children, after.children)
        for (part, child) in oldChildren {
          compare(child.value, newChildren[part]?.value, child.schema, at: path + [part])
        }
        for (part, child) in newChildren where oldChildren[part] == nil {
          compare(nil, child.value, child.schema, at: path + [part])
        }
      }
    }
  }

  /// A value as the field paths see it: one whole, or parts.
  private enum Parts {
    case whole
    case parts([String: (value: JSONValue, schema: Schema)])

    init(_ value: JSONValue?, _ schema: Schema) {
      switch value {
      case .object(let object) where schema.topology != .atomic:
        var parts: [String: (value: JSONValue, schema: Schema)] = [:]
        for (key, child) in object { parts[FieldSet.field(key)] = (child, schema.property(key) ?? .any) }
        self = .parts(parts)
      case .array(let elements) where schema.isKeyed:
        var parts: [String: (value: JSONValue, schema: Schema)] = [:]
        for element in elements {
          guard let part = FieldSet.element(element, of: schema) else { continue }
          parts[part] = (element, schema.element)
        }
        self = .parts(parts)
      default:
        self = .whole
      }
    }

    var children: [String: (value: JSONValue, schema: Schema)] {
      if case .parts(let parts) = self { return parts }
      return [:]
    }
  }
}

extension Schema {
  /// Whether the elements of a list are told apart by themselves, and not by their place.
  var isKeyed: Bool {
    switch topology {
    case .set, .map: true
    case .granular, .atomic: false
    }
  }
}
