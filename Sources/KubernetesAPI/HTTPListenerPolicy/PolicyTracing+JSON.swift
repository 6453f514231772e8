package import JSON

extension HTTPListenerPolicy.Tracing: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(provider: HTTPListenerPolicy.Provider())
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "provider": provider = try HTTPListenerPolicy.Provider(from: &reader)
      case "samplingRate": samplingRate = try reader.readDouble()
      case "clientSampling": clientSampling = try reader.readDouble()
      case "randomSampling": randomSampling = try reader.readDouble()
      case "overallSampling": overallSampling = try reader.readDouble()
      case "incomingSampling": incomingSampling = try reader.readString()
      case "propagators": propagators = try reader.readStrings()
      case "customTags": customTags = try Self.readCustomTags(from: &reader)
      case "attributes": attributes = try reader.readArray()
      case "verbose": verbose = try reader.readBool()
      case "maxPathTagLength": maxPathTagLength = try reader.readInt()
      case "spawnUpstreamSpan": spawnUpstreamSpan = try reader.readBool()
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

// MARK: Provider

extension HTTPListenerPolicy.Provider: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "otel": otel = try OTel(from: &reader)
      case "openTelemetry": openTelemetry = try OpenTelemetry(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension HTTPListenerPolicy.Provider.OTel: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    let address = try reader.readMember("grpcAddress") { reader throws(JSONError) in try reader.readString() }
    self.init(grpcAddress: try reader.required(address, "grpcAddress"))
  }
}

extension HTTPListenerPolicy.Provider.OpenTelemetry: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    var hasService = false
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "grpcService":
        hasService = true
        try reader.readFields { reader, key throws(JSONError) in
          if try !service.readField(key, from: &reader) { try reader.skipUnknownField(key) }
        }
      case "serviceName": serviceName = try reader.readString()
      case "resourceDetectors": resourceDetectors = try reader.readArray()
      case "sampler": sampler = try HTTPListenerPolicy.Provider.Sampler(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
    guard hasService else { throw reader.missing("grpcService") }
  }
}

extension HTTPListenerPolicy.Provider.ResourceDetector: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    let isSet = try reader.readMember("environmentResourceDetector") { reader throws(JSONError) in
      try reader.readEmptyObject()
    }
    self.init(isEnvironment: isSet ?? false)
  }
}

extension HTTPListenerPolicy.Provider.Sampler: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    let isSet = try reader.readMember("alwaysOnConfig") { reader throws(JSONError) in try reader.readEmptyObject() }
    self.init(isAlwaysOn: isSet ?? false)
  }
}

// MARK: Attributes

extension HTTPListenerPolicy.Attribute: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(name: "")
    var name: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "name": name = try reader.readString()
      case "literal":
        let value = try reader.readMember("value") { reader throws(JSONError) in try reader.readString() }
        literal = try reader.required(value, "value")
      case "environment": environment = try NamedSource(from: &reader)
      case "requestHeader": requestHeader = try NamedSource(from: &reader)
      case "metadata": metadata = try MetadataSource(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
    self.name = try reader.required(name, "name")
  }
}

extension HTTPListenerPolicy.Attribute.NamedSource: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(name: "")
    var name: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "name": name = try reader.readString()
      case "defaultValue": defaultValue = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    self.name = try reader.required(name, "name")
  }
}

extension HTTPListenerPolicy.Attribute.MetadataSource: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(kind: "", key: "", path: [])
    var kind: String?
    var hasKey = false
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "kind": kind = try reader.readString()
      case "metadataKey":
        hasKey = true
        try readKey(from: &reader)
      case "defaultValue": defaultValue = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    guard hasKey else { throw reader.missing("metadataKey") }
    self.kind = try reader.required(kind, "kind")
  }

  private mutating func readKey(from reader: inout JSONReader) throws(JSONError) {
    var name: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "key": name = try reader.readString()
      case "path":
        try reader.readArray { reader, _ throws(JSONError) in
          let segment = try reader.readMember("key") { reader throws(JSONError) in try reader.readString() }
          path.append(try reader.required(segment, "key"))
        }
      default: try reader.skipUnknownField(key)
      }
    }
    self.key = try reader.required(name, "key")
  }
}
