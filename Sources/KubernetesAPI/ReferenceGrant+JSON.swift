package import JSON

extension ReferenceGrant: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(metadata: ObjectMeta())
    metadata = try reader.readResource(keeping: .nothing) { reader, key throws(JSONError) in
      switch key {
      case "spec": try readSpec(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
  }

  private mutating func readSpec(from reader: inout JSONReader) throws(JSONError) {
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "from": from = try reader.readArray()
      case "to": to = try reader.readArray()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension ReferenceGrant.From: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var group: String?
    var kind: String?
    var namespace: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "group": group = try reader.readString()
      case "kind": kind = try reader.readString()
      case "namespace": namespace = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    self.init(
      group: try reader.required(group, "group"), kind: try reader.required(kind, "kind"),
      namespace: try reader.required(namespace, "namespace"))
  }
}

extension ReferenceGrant.To: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var group: String?
    var kind: String?
    var name: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "group": group = try reader.readString()
      case "kind": kind = try reader.readString()
      case "name": name = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    self.init(group: try reader.required(group, "group"), kind: try reader.required(kind, "kind"), name: name)
  }
}
