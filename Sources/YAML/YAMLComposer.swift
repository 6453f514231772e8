import JSON

/// Makes trees of libyaml's events: resolves anchors and aliases, merges (`<<`), and finds keys that stand twice.
struct YAMLComposer {
  /// How many members merges may copy in one document; nested merges multiply.
  private static let mergeLimit = 100_000

  private enum Anchor {
    /// The anchored node is not complete: an alias here would make it contain itself.
    case open
    case node(YAMLTree.NodeIndex)
  }

  private let parser: YAMLEventParser
  private var nodes: [YAMLTree.Node] = []
  private var anchors: [String: Anchor] = [:]
  private var mergedMembers = 0

  init(_ bytes: [UInt8]) throws(YAMLError) {
    parser = try YAMLEventParser(bytes)
    _ = try parser.next()
  }

  /// The next document; nil at the end of the text.
  mutating func nextDocument() throws(YAMLError) -> YAMLTree? {
    guard case .documentStart = try parser.next().kind else { return nil }
    nodes = []
    anchors = [:]
    mergedMembers = 0
    let root = try node(try parser.next(), depth: 0)
    _ = try parser.next()
    return YAMLTree(nodes: nodes, root: root)
  }

  // MARK: Nodes

  /// The node that an event begins.
  private mutating func node(_ event: YAMLEvent, depth: Int) throws(YAMLError) -> YAMLTree.NodeIndex {
    guard depth <= JSONReader.defaultDepthLimit else {
      throw YAMLError(
        position: event.position, message: "lists and mappings stand more than \(depth - 1) deep inside each other")
    }
    switch event.kind {
    case .alias(let name):
      return try aliased(name, at: event.position)
    case .scalar(let scalar, let anchor):
      guard let value = YAMLScalar(scalar) else { throw Self.wrongTag(scalar, at: event.position) }
      return add(.scalar(value, text: scalar.text, isPlain: scalar.isPlain), anchor, at: event.position)
    case .sequenceStart(let anchor):
      if let anchor { anchors[anchor] = .open }
      let elements = try sequence(depth: depth)
      return add(.sequence(elements), anchor, at: event.position)
    case .mappingStart(let anchor):
      if let anchor { anchors[anchor] = .open }
      let members = try mapping(depth: depth)
      return add(.mapping(members), anchor, at: event.position)
    case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
      throw YAMLError(position: event.position, message: "expected a value")
    }
  }

  private mutating func add(
    _ content: YAMLTree.Content, _ anchor: String?, at position: YAMLPosition
  ) -> YAMLTree.NodeIndex {
    nodes.append(YAMLTree.Node(content: content, position: position))
    if let anchor { anchors[anchor] = .node(nodes.count - 1) }
    return nodes.count - 1
  }

  private func aliased(_ name: String, at position: YAMLPosition) throws(YAMLError) -> YAMLTree.NodeIndex {
    switch anchors[name] {
    case .node(let index): return index
    case .open: throw YAMLError(position: position, message: "the value of the anchor &\(name) contains itself")
    case nil: throw YAMLError(position: position, message: "no anchor &\(name) stands before this alias")
    }
  }

  private mutating func sequence(depth: Int) throws(YAMLError) -> [YAMLTree.NodeIndex] {
    var elements: [YAMLTree.NodeIndex] = []
    while true {
      let event = try parser.next()
      if case .sequenceEnd = event.kind { return elements }
      elements.append(try node(event, depth: depth + 1))
    }
  }

  // MARK: Mappings

  private mutating func mapping(depth: Int) throws(YAMLError) -> [YAMLTree.Member] {
    var members = Members()
    while true {
      let event = try parser.next()
      if case .mappingEnd = event.kind { return members.list }
      if Self.isMerge(event) {
        let value = try node(try parser.next(), depth: depth + 1)
        try merge(value, into: &members)
        continue
      }
      let keyNode = try node(event, depth: depth + 1)
      let key = try key(keyNode, at: event.position)
      let value = try node(try parser.next(), depth: depth + 1)
      if let first = members.write(YAMLTree.Member(key: key, keyPosition: event.position, value: value)) {
        throw YAMLError(
          position: event.position,
          message: "the key \(JSONPath.component(key: key)) stands twice, first at line \(first.line)")
      }
    }
  }

  private static func isMerge(_ event: YAMLEvent) -> Bool {
    guard case .scalar(let scalar, _) = event.kind, scalar.text == "<<" else { return false }
    return scalar.tag == nil ? scalar.isPlain : scalar.tag == "tag:yaml.org,2002:merge"
  }

  private func key(_ index: YAMLTree.NodeIndex, at position: YAMLPosition) throws(YAMLError) -> String {
    guard case .scalar(let value, let text, _) = nodes[index].content else {
      throw YAMLError(position: position, message: "a key cannot be a list or a mapping")
    }
    guard let key = value.keyText(text) else {
      throw YAMLError(position: position, message: "a key cannot be null; quote it if it is meant as text")
    }
    return key
  }

  /// Copies the members of a mapping, or of each in a list, of which the first one that has a key wins.
  private mutating func merge(_ index: YAMLTree.NodeIndex, into members: inout Members) throws(YAMLError) {
    let sources: [YAMLTree.NodeIndex] =
      if case .sequence(let elements) = nodes[index].content { elements.reversed() } else { [index] }
    for source in sources {
      guard case .mapping(let merged) = nodes[source].content else {
        throw YAMLError(position: nodes[source].position, message: "<< takes a mapping, or a list of mappings")
      }
      mergedMembers += merged.count
      guard mergedMembers <= Self.mergeLimit else {
        throw YAMLError(
          position: nodes[index].position, message: "merges (<<) copy more than \(Self.mergeLimit) members")
      }
      for member in merged { members.merge(member) }
    }
  }

  private static func wrongTag(_ scalar: YAMLEvent.Scalar, at position: YAMLPosition) -> YAMLError {
    let tag = scalar.tag.map { "!!" + ($0.split(separator: ":").last ?? "") } ?? "!"
    let message =
      tag == "!!binary"
      ? "!!binary is not supported; write the base64 text without a tag"
      : "\"\(scalar.text)\" cannot be read as \(tag)"
    return YAMLError(position: position, message: message)
  }
}

/// The members of one mapping while it is read.
private struct Members {
  private(set) var list: [YAMLTree.Member] = []
  private var places: [String: Int] = [:]
  /// Where keys of the mapping itself stand, without merged ones.
  private var written: [String: YAMLPosition] = [:]

  /// Sets a member that the mapping itself has; returns where its key stands already.
  mutating func write(_ member: YAMLTree.Member) -> YAMLPosition? {
    set(member)
    return written.updateValue(member.keyPosition, forKey: member.key)
  }

  /// Sets a member that comes by `<<`. It replaces one that stands before it, and gives way to one after it: that is
  /// what kubectl does, though the specification of merges would let the mapping's own member win in both cases.
  mutating func merge(_ member: YAMLTree.Member) {
    set(member)
  }

  private mutating func set(_ member: YAMLTree.Member) {
    if let place = places[member.key] {
      list[place] = member
    } else {
      places[member.key] = list.count
      list.append(member)
    }
  }
}
