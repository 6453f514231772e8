package import JSON

extension EndpointSlice: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(metadata: ObjectMeta())
    metadata = try reader.readResource(keeping: .serviceLabel) { reader, key throws(JSONError) in
      switch key {
      case "addressType": addressType = try reader.readString()
      case "ports": ports = try reader.readArray()
      case "endpoints": endpoints = try reader.readArray()
      default: try reader.skipValue()
      }
    }
  }
}

extension EndpointSlice.Port: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(port: nil)
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "name": name = try reader.readString()
      case "port": port = try reader.readPort()
      case "protocol": transport = try reader.readString()
      default: try reader.skipValue()
      }
    }
  }
}

extension EndpointSlice.Endpoint: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(addresses: [])
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "addresses": try readAddresses(from: &reader)
      case "conditions": try readConditions(from: &reader)
      default: try reader.skipValue()
      }
    }
  }

  private mutating func readAddresses(from reader: inout JSONReader) throws(JSONError) {
    (address, otherAddresses) = (nil, [])
    try reader.readArray { reader, index throws(JSONError) in
      let text = try reader.readString()
      if index == 0 { address = text } else { otherAddresses.append(text) }
    }
  }

  private mutating func readConditions(from reader: inout JSONReader) throws(JSONError) {
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "ready": isReady = try reader.readBool()
      case "serving": isServing = try reader.readBool()
      case "terminating": isTerminating = try reader.readBool()
      default: try reader.skipValue()
      }
    }
  }
}
