package import JSON

extension HTTPListenerPolicy: JSONDecodable {
  /// Reads a policy. Which fields go together is the translator's business: a policy that is well-formed is read, so
  /// that its status can say what is wrong with it.
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
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "targetRefs": targetRefs = try reader.readArray()
      case "targetSelectors": targetSelectors = try reader.readArray()
      case "accessLog": accessLog = try reader.readArray()
      case "tracing": tracing = try Tracing(from: &reader)
      case "metrics": metrics = try Metrics(from: &reader)
      default:
        if try !settings.readField(key, from: &reader) { try reader.skipUnknownField(key) }
      }
    }
  }

  private mutating func readStatus(from reader: inout JSONReader) throws(JSONError) {
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "ancestors": ancestorStatuses = try reader.readArray()
      default: try reader.skipValue()
      }
    }
  }
}

extension HTTPListenerPolicy.TargetReference: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(name: "")
    var name: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "group": group = try reader.readString(expecting: "gateway.networking.k8s.io")
      case "kind": kind = try reader.readString()
      case "name": name = try reader.readString()
      case "sectionName": sectionName = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    self.name = try reader.required(name, "name")
  }
}

extension HTTPListenerPolicy.TargetSelector: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(matchLabels: [:])
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "group": group = try reader.readString(expecting: "gateway.networking.k8s.io")
      case "kind": kind = try reader.readString()
      case "matchLabels": matchLabels = try reader.readStringMap()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

// MARK: Status

extension PolicyAncestorStatus: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var ancestorRef: ParentReference?
    self.init(ancestorRef: ParentReference(name: ""), controllerName: "", conditions: [])
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "ancestorRef": ancestorRef = try ParentReference(from: &reader)
      case "controllerName": controllerName = try reader.readString()
      case "conditions": conditions = try reader.readConditions()
      default: try reader.skipUnknownField(key)
      }
    }
    self.ancestorRef = try reader.required(ancestorRef, "ancestorRef")
  }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("ancestorRef") { ancestorRef.write(to: &$0) }
      writer.member("controllerName", controllerName)
      writer.conditions(conditions)
    }
  }
}
