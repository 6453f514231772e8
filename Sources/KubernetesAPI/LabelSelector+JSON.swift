package import JSON

extension LabelSelector: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "matchLabels": matchLabels = try reader.readStringMap()
      case "matchExpressions": matchExpressions = try reader.readArray()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension LabelSelector.Requirement: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var key: String?
    var `operator`: LabelSelector.Operator?
    var values: [String] = []
    try reader.readFields { reader, field throws(JSONError) in
      switch field {
      case "key": key = try reader.readString()
      case "operator": `operator` = try LabelSelector.Operator(from: &reader)
      case "values": values = try reader.readStrings()
      default: try reader.skipUnknownField(field)
      }
    }
    self.init(
      key: try reader.required(key, "key"), operator: try reader.required(`operator`, "operator"), values: values)
  }
}

extension LabelSelector.Operator: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    let start = reader.offset
    let text = try reader.readString()
    guard let value = Self(rawValue: text) else {
      throw reader.error("expected In, NotIn, Exists or DoesNotExist, found \"\(text)\"", at: start)
    }
    self = value
  }
}
