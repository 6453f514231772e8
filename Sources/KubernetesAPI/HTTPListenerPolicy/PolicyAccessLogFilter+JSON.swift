package import JSON

extension HTTPListenerPolicy.Filter: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "statusCodeFilter": statusCodeFilter = try Comparison(from: &reader)
      case "durationFilter": durationFilter = try Comparison(from: &reader)
      case "notHealthCheckFilter": notHealthCheckFilter = try reader.readBool()
      case "traceableFilter": traceableFilter = try reader.readBool()
      case "headerFilter":
        let header = try reader.readMember("header") { reader throws(JSONError) in try HeaderMatch(from: &reader) }
        headerFilter = try reader.required(header, "header")
      case "responseFlagFilter":
        let flags = try reader.readMember("flags") { reader throws(JSONError) in try reader.readStrings() }
        responseFlagFilter = try reader.required(flags, "flags")
      case "grpcStatusFilter": grpcStatusFilter = try GRPCStatus(from: &reader)
      case "celFilter":
        let match = try reader.readMember("match") { reader throws(JSONError) in try reader.readString() }
        celFilter = try reader.required(match, "match")
      case "andFilter": andFilter = try reader.readArray()
      case "orFilter": orFilter = try reader.readArray()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension HTTPListenerPolicy.Filter.Comparison: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var op: String?
    var value: Int?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "op": op = try reader.readString()
      case "value": value = try reader.readInt()
      default: try reader.skipUnknownField(key)
      }
    }
    self.init(op: try reader.required(op, "op"), value: value ?? 0)
  }
}

extension HTTPListenerPolicy.Filter.HeaderMatch: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(name: "", value: "")
    var name: String?
    var value: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "type": type = try reader.readString()
      case "name": name = try reader.readString()
      case "value": value = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    self.name = try reader.required(name, "name")
    self.value = try reader.required(value, "value")
  }
}

extension HTTPListenerPolicy.Filter.GRPCStatus: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(statuses: [])
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "statuses": statuses = try reader.readStrings()
      case "exclude": exclude = try reader.readBool()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}
