package import JSON

extension HTTPRoute: JSONDecodable {
  /// Reads a route; what it sets and this project does not build is listed in `unsupported`.
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(metadata: ObjectMeta())
    metadata = try reader.readResource(keeping: .identity) { reader, key throws(JSONError) in
      switch key {
      case "spec": try readSpec(from: &reader)
      case "status": try readStatus(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
  }

  private mutating func readSpec(from reader: inout JSONReader) throws(JSONError) {
    var found = UnsupportedFields()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "parentRefs": parentRefs = try reader.readArray()
      case "hostnames": hostnames = try reader.readStrings()
      case "rules":
        rules = try found.readArray("rules", from: &reader) { reader, found throws(JSONError) in
          try Rule(from: &reader, &found)
        }
      case "useDefaultGateways": try found.record(key, from: &reader)
      default: try found.recordUnknown(key, from: &reader)
      }
    }
    unsupported = found.inside("spec").fields
  }

  private mutating func readStatus(from reader: inout JSONReader) throws(JSONError) {
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "parents": parentStatuses = try reader.readArray()
      default: try reader.skipValue()
      }
    }
  }
}

extension HTTPRoute.Rule {
  fileprivate init(from reader: inout JSONReader, _ found: inout UnsupportedFields) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      // For people, and for policies that name a rule, which are not built.
      case "name": try reader.skipValue()
      case "matches":
        matches = try found.readArray("matches", from: &reader) { reader, found throws(JSONError) in
          try HTTPRoute.Match(from: &reader, &found)
        }
      case "backendRefs":
        backendRefs = try found.readArray("backendRefs", from: &reader) { reader, found throws(JSONError) in
          try HTTPRoute.BackendReference(from: &reader, &found)
        }
      case "filters": try found.recordTypes("filters", from: &reader)
      case "timeouts", "retry", "sessionPersistence": try found.record(key, from: &reader)
      default: try found.recordUnknown(key, from: &reader)
      }
    }
  }
}

extension HTTPRoute.Match {
  fileprivate init(from reader: inout JSONReader, _ found: inout UnsupportedFields) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "path":
        var inner = UnsupportedFields()
        path = try HTTPRoute.PathMatch(from: &reader, &inner)
        found.append(inner.inside("path"))
      case "headers":
        headers = try found.readArray("headers", from: &reader) { reader, found throws(JSONError) in
          try HTTPRoute.ValueMatch(from: &reader, &found)
        }
      case "queryParams":
        queryParams = try found.readArray("queryParams", from: &reader) { reader, found throws(JSONError) in
          try HTTPRoute.ValueMatch(from: &reader, &found)
        }
      case "method": method = try reader.readString()
      default: try found.recordUnknown(key, from: &reader)
      }
    }
  }
}

extension HTTPRoute.PathMatch {
  fileprivate init(from reader: inout JSONReader, _ found: inout UnsupportedFields) throws(JSONError) {
    var type = "PathPrefix"
    var value = "/"
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "type": type = try reader.readString()
      case "value": value = try reader.readString()
      default: try found.recordUnknown(key, from: &reader)
      }
    }
    switch type {
    case "Exact": self = .exact(value)
    case "PathPrefix": self = .prefix(value)
    default:
      found.append("type", type)
      self = .exact(value)
    }
  }
}

extension HTTPRoute.ValueMatch {
  fileprivate init(from reader: inout JSONReader, _ found: inout UnsupportedFields) throws(JSONError) {
    var type = "Exact"
    var name: String?
    var value: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "type": type = try reader.readString()
      case "name": name = try reader.readString()
      case "value": value = try reader.readString()
      default: try found.recordUnknown(key, from: &reader)
      }
    }
    if type != "Exact" { found.append("type", type) }
    self.init(name: try reader.required(name, "name"), value: try reader.required(value, "value"))
  }
}

extension HTTPRoute.BackendReference {
  fileprivate init(from reader: inout JSONReader, _ found: inout UnsupportedFields) throws(JSONError) {
    self.init(name: "")
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "group": group = try reader.readString()
      case "kind": kind = try reader.readString()
      case "namespace": namespace = try reader.readString()
      case "name": name = try reader.readString()
      case "port": port = try reader.readPort()
      case "weight": weight = try Self.readWeight(from: &reader)
      case "filters": try found.recordTypes("filters", from: &reader)
      default: try found.recordUnknown(key, from: &reader)
      }
    }
    if name.isEmpty { throw reader.missing("name") }
  }

  /// 0 to 1,000,000, as the API reference has it.
  private static func readWeight(from reader: inout JSONReader) throws(JSONError) -> Int {
    let start = reader.offset
    let weight = try reader.readInt()
    guard (0...1_000_000).contains(weight) else {
      throw reader.error("expected a weight from 0 to 1000000, found \(weight)", at: start)
    }
    return weight
  }
}
