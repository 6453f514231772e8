package import JSON

extension GatewayClass: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(metadata: ObjectMeta(), controllerName: "")
    metadata = try reader.readResource { reader, key throws(JSONError) in
      switch key {
      case "spec": try readSpec(from: &reader)
      case "status": try readStatus(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
    if controllerName.isEmpty { throw reader.missing("spec") }
  }

  private mutating func readSpec(from reader: inout JSONReader) throws(JSONError) {
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "controllerName": controllerName = try reader.readString()
      case "parametersRef": parametersRef = try ParametersReference(from: &reader)
      case "description": try reader.skipValue()
      default: try reader.skipUnknownField(key)
      }
    }
    if controllerName.isEmpty { throw reader.missing("controllerName") }
  }

  private mutating func readStatus(from reader: inout JSONReader) throws(JSONError) {
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "conditions": conditions = try reader.readConditions()
      default: try reader.skipValue()
      }
    }
  }
}
