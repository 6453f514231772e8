package import JSON

/// One YAML document as JSON, with the places that its values come from.
package struct YAMLDocument: Sendable {
  /// The document as an API server would be sent it.
  package let json: [UInt8]
  private let tree: YAMLTree

  /// - Parameter sourceLength: the length of the whole text, by which the JSON's is bounded.
  init(_ tree: YAMLTree, sourceLength: Int) throws(YAMLError) {
    self.tree = tree
    var encoder = YAMLEncoder(tree, sourceLength: sourceLength)
    try encoder.write(tree.root, depth: 0)
    json = encoder.writer.bytes
  }

  // MARK: Places

  /// Where the document begins.
  package var position: YAMLPosition { tree.nodes[tree.root].position }

  /// Where the value at a path (in `JSONError`'s notation) begins, or the nearest value around it that there is.
  ///
  /// A value that comes by an alias or a merge is where its anchor is.
  package func position(ofPath path: String) -> YAMLPosition {
    tree.nodes[lookUp(path).node].position
  }

  /// Where the key of the value at a path stands; for an element of a list, and where there is no such key, the same as
  /// `position(ofPath:)`.
  package func position(ofKeyPath path: String) -> YAMLPosition {
    let found = lookUp(path)
    return found.keyPosition ?? tree.nodes[found.node].position
  }

  /// The text of the scalar at a path as written, quotes and escapes resolved; nil where no scalar stands there.
  package func text(atPath path: String) -> String? {
    let found = lookUp(path)
    guard found.isExact, case .scalar(_, let text, _) = tree.nodes[found.node].content else { return nil }
    return text
  }

  /// What to do about a value of the wrong kind, where quotes are the reason: `quote it: "yes"`.
  package func advice(for error: JSONError) -> String? {
    let found = lookUp(error.path)
    guard found.isExact, case .scalar(_, let text, let isPlain) = tree.nodes[found.node].content else { return nil }
    switch (error.expected, error.found) {
    case (.string, .bool), (.string, .number), (.string, .null):
      return isPlain && !text.isEmpty ? "quote it: \"\(text)\"" : nil
    case (.number, .string), (.bool, .string):
      guard !isPlain, Self.kind(ofPlain: text) == error.expected else { return nil }
      return "write it without quotes: \(text)"
    default:
      return nil
    }
  }

  private static func kind(ofPlain text: String) -> JSONKind {
    switch YAMLScalar(plain: text) {
    case .null: .null
    case .bool: .bool
    case .integer, .unsigned, .float: .number
    case .string: .string
    }
  }

  /// The deepest node on the way of a path.
  private func lookUp(_ path: String) -> (node: YAMLTree.NodeIndex, keyPosition: YAMLPosition?, isExact: Bool) {
    var node = tree.root
    var keyPosition: YAMLPosition?
    for component in JSONPath.components(of: path) {
      switch (component, tree.nodes[node].content) {
      case (.key(let key), .mapping(let members)):
        guard let member = members.first(where: { $0.key == key }) else { return (node, keyPosition, false) }
        node = member.value
        keyPosition = member.keyPosition
      case (.index(let index), .sequence(let elements)) where elements.indices.contains(index):
        node = elements[index]
        keyPosition = nil
      default:
        return (node, keyPosition, false)
      }
    }
    return (node, keyPosition, true)
  }
}
