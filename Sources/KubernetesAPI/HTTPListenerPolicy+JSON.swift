package import JSON

extension HTTPListenerPolicy: JSONDecodable {
  /// Reads a policy. Which fields go together is the translator's business: a policy that is well-formed is read, so
  /// that its status can say what is wrong with it.
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(metadata: ObjectMeta())
    metadata = try reader.readResource { reader, key throws(JSONError) in
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
      case "accessLog": accessLog = try reader.readArray()
      case "tracing": tracing = try Tracing(from: &reader)
      default: try reader.skipUnknownField(key)
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
    self.init(
      group: try reader.required(group, "group"), kind: try reader.required(kind, "kind"),
      name: try reader.required(name, "name"))
  }
}

// MARK: Access logs

extension HTTPListenerPolicy.AccessLog: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "fileSink": fileSink = try HTTPListenerPolicy.FileSink(from: &reader)
      case "grpcService": grpcService = try HTTPListenerPolicy.GRPCService(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension HTTPListenerPolicy.FileSink: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var path: String?
    var jsonFormat: JSONValue?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "path": path = try reader.readString()
      case "jsonFormat": jsonFormat = try Self.readFormat(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
    self.init(path: try reader.required(path, "path"), jsonFormat: jsonFormat)
  }

  private static func readFormat(from reader: inout JSONReader) throws(JSONError) -> JSONValue {
    let kind = try reader.peekKind()
    guard kind == .object else { throw JSONError(offset: reader.offset, expected: .object, found: kind) }
    return try reader.readValue()
  }
}

extension HTTPListenerPolicy.GRPCService: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var logName: String?
    var staticClusterName: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "logName": logName = try reader.readString()
      case "staticClusterName": staticClusterName = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    self.init(logName: try reader.required(logName, "logName"), staticClusterName: staticClusterName)
  }
}

// MARK: Tracing

extension HTTPListenerPolicy.Tracing: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(provider: HTTPListenerPolicy.Provider())
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "provider": provider = try HTTPListenerPolicy.Provider(from: &reader)
      case "samplingRate": samplingRate = try reader.readDouble()
      case "propagators": propagators = try reader.readStrings()
      case "customTags": customTags = try Self.readCustomTags(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
  }

  private static func readCustomTags(
    from reader: inout JSONReader
  ) throws(JSONError) -> [HTTPListenerPolicy.CustomTag] {
    var tags: [String: HTTPListenerPolicy.CustomTag] = [:]
    try reader.readFields { reader, key throws(JSONError) in
      var tag = HTTPListenerPolicy.CustomTag(name: key.string)
      try tag.readSource(from: &reader)
      tags[tag.name] = tag
    }
    return tags.values.sorted { $0.name < $1.name }
  }
}

extension HTTPListenerPolicy.CustomTag {
  fileprivate mutating func readSource(from reader: inout JSONReader) throws(JSONError) {
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "literal": literal = try reader.readString()
      case "environment": environment = try reader.readString()
      case "requestHeader": requestHeader = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension HTTPListenerPolicy.Provider: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "otel": otel = try OTel(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension HTTPListenerPolicy.Provider.OTel: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var grpcAddress: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "grpcAddress": grpcAddress = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    self.init(grpcAddress: try reader.required(grpcAddress, "grpcAddress"))
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
      case "conditions": conditions = try reader.readArray()
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
