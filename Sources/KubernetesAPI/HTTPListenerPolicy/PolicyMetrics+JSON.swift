package import JSON

extension HTTPListenerPolicy.Metrics: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "http":
        let enabled = try reader.readMember("enabled") { reader throws(JSONError) in try reader.readBool() }
        http = try reader.required(enabled, "enabled")
      case "llm": llm = try LLM(from: &reader)
      case "labels": labels = try reader.readArray()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension HTTPListenerPolicy.Metrics.LLM: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "enabled": enabled = try reader.readBool()
      case "maxModels": maxModels = try reader.readInt()
      case "endpoints": endpoints = try reader.readArray()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension HTTPListenerPolicy.Metrics.Endpoint: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(pathSuffix: "", format: "")
    var suffix: String?
    var form: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "pathSuffix": suffix = try reader.readString()
      case "format": form = try reader.readString()
      case "provider": provider = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    pathSuffix = try reader.required(suffix, "pathSuffix")
    format = try reader.required(form, "format")
  }
}

extension HTTPListenerPolicy.Metrics.Label: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(name: "")
    var label: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "name": label = try reader.readString()
      case "requestHeader": requestHeader = try HTTPListenerPolicy.Metrics.RequestHeader(from: &reader)
      case "format": format = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    name = try reader.required(label, "name")
  }
}

extension HTTPListenerPolicy.Metrics.RequestHeader: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(name: "")
    var header: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "name": header = try reader.readString()
      case "values": values = try reader.readStrings()
      default: try reader.skipUnknownField(key)
      }
    }
    name = try reader.required(header, "name")
  }
}
