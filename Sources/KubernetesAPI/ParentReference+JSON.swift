package import JSON

extension ParentReference: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(name: "")
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "group": group = try reader.readString(expecting: "gateway.networking.k8s.io")
      case "kind": kind = try reader.readString()
      case "namespace": namespace = try reader.readString()
      case "name": name = try reader.readString()
      case "sectionName": sectionName = try reader.readString()
      case "port": port = try reader.readPort()
      default: try reader.skipUnknownField(key)
      }
    }
    if name.isEmpty { throw reader.missing("name") }
  }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("group", group)
      writer.member("kind", kind)
      writer.member("namespace", namespace)
      writer.member("name", name)
      writer.member("sectionName", sectionName)
      writer.member("port", port)
    }
  }
}

extension RouteParentStatus: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var parentRef: ParentReference?
    self.init(parentRef: ParentReference(name: ""), controllerName: "", conditions: [])
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "parentRef": parentRef = try ParentReference(from: &reader)
      case "controllerName": controllerName = try reader.readString()
      case "conditions": conditions = try reader.readConditions()
      default: try reader.skipUnknownField(key)
      }
    }
    self.parentRef = try reader.required(parentRef, "parentRef")
  }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("parentRef") { parentRef.write(to: &$0) }
      writer.member("controllerName", controllerName)
      writer.conditions(conditions)
    }
  }
}
