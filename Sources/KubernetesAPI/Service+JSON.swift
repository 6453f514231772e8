package import JSON

extension Service: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(metadata: ObjectMeta())
    metadata = try reader.readResource(keeping: .nothing) { reader, key throws(JSONError) in
      switch key {
      case "spec": try readSpec(from: &reader)
      default: try reader.skipValue()
      }
    }
  }

  private mutating func readSpec(from reader: inout JSONReader) throws(JSONError) {
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "ports": ports = try reader.readArray()
      case "type": type = try reader.readString()
      default: try reader.skipValue()
      }
    }
  }
}

extension Service.Port: JSONDecodable {
  /// The target port is not read: EndpointSlices carry what it resolves to.
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(port: 0)
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "name": name = try reader.readString()
      case "port": port = try reader.readPort()
      case "protocol": transport = try reader.readString()
      case "appProtocol": appProtocol = try reader.readString()
      default: try reader.skipValue()
      }
    }
    if port == 0 { throw reader.missing("port") }
  }
}
