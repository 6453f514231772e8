/// The nodes of one document, with aliases and merges resolved: what several places share is one node.
struct YAMLTree: Sendable {
  struct Node: Sendable {
    var content: Content
    var position: YAMLPosition
  }

  enum Content: Sendable {
    case scalar(YAMLScalar, text: String, isPlain: Bool)
    case sequence([NodeIndex])
    case mapping([Member])
  }

  struct Member: Sendable {
    var key: String
    var keyPosition: YAMLPosition
    var value: NodeIndex
  }

  typealias NodeIndex = Int

  var nodes: [Node]
  var root: NodeIndex

  var isNull: Bool {
    if case .scalar(.null, _, _) = nodes[root].content { true } else { false }
  }
}
