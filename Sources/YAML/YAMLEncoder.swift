import JSON

/// Writes a tree as JSON, within bounds: a few lines of aliases can stand for more than any memory holds.
struct YAMLEncoder {
  private let tree: YAMLTree
  /// No text without aliases comes near this.
  private let limit: Int
  private(set) var writer = JSONWriter()

  init(_ tree: YAMLTree, sourceLength: Int) {
    self.tree = tree
    limit = 1 << 20 + 10 * sourceLength
  }

  mutating func write(_ index: YAMLTree.NodeIndex, depth: Int) throws(YAMLError) {
    let node = tree.nodes[index]
    guard depth <= JSONReader.defaultDepthLimit else {
      throw YAMLError(
        position: node.position, message: "lists and mappings stand more than \(depth - 1) deep inside each other")
    }
    guard writer.bytes.count <= limit else {
      throw YAMLError(position: node.position, message: "the aliases stand for more than \(limit) bytes")
    }
    switch node.content {
    case .scalar(let value, let text, _):
      try write(value, text, at: node.position)
    case .sequence(let elements):
      writer.beginArray()
      for element in elements { try write(element, depth: depth + 1) }
      writer.endArray()
    case .mapping(let members):
      writer.beginObject()
      for member in members {
        writer.key(member.key)
        try write(member.value, depth: depth + 1)
      }
      writer.endObject()
    }
  }

  private mutating func write(_ value: YAMLScalar, _ text: String, at position: YAMLPosition) throws(YAMLError) {
    switch value {
    case .null: writer.null()
    case .bool(let value): writer.bool(value)
    case .integer(let value): writer.int(value)
    case .unsigned(let value): writer.int(value)
    case .string: writer.string(text)
    case .float(let value):
      guard value.isFinite else {
        throw YAMLError(
          position: position, message: "\(text) is no number that JSON has; quote it if it is meant as text")
      }
      // As kubectl writes it, so that 1e3 is a whole number where one is wanted.
      if let whole = Int64(exactly: value) { writer.int(whole) } else { writer.double(value) }
    }
  }
}
