package import JSON

extension HTTPListenerPolicy.AccessLog: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "fileSink": fileSink = try HTTPListenerPolicy.FileSink(from: &reader)
      case "grpcService": grpcService = try HTTPListenerPolicy.GRPCService(from: &reader)
      case "openTelemetry": openTelemetry = try HTTPListenerPolicy.OpenTelemetry(from: &reader)
      case "filter": filter = try HTTPListenerPolicy.Filter(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension HTTPListenerPolicy.FileSink: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var path: String?
    var stringFormat: String?
    var jsonFormat: JSONValue?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "path": path = try reader.readString()
      case "stringFormat": stringFormat = try reader.readString()
      case "jsonFormat": jsonFormat = try Self.readFormat(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
    self.init(path: try reader.required(path, "path"), stringFormat: stringFormat, jsonFormat: jsonFormat)
  }

  private static func readFormat(from reader: inout JSONReader) throws(JSONError) -> JSONValue {
    let kind = try reader.peekKind()
    guard kind == .object else { throw JSONError(offset: reader.offset, expected: .object, found: kind) }
    return try reader.readValue()
  }
}

extension HTTPListenerPolicy.GRPCService: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(logName: "")
    var logName: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "logName": logName = try reader.readString()
      case "additionalRequestHeadersToLog": additionalRequestHeadersToLog = try reader.readStrings()
      case "additionalResponseHeadersToLog": additionalResponseHeadersToLog = try reader.readStrings()
      case "additionalResponseTrailersToLog": additionalResponseTrailersToLog = try reader.readStrings()
      default:
        if try !service.readField(key, from: &reader) { try reader.skipUnknownField(key) }
      }
    }
    self.logName = try reader.required(logName, "logName")
  }
}

// MARK: OpenTelemetry

extension HTTPListenerPolicy.OpenTelemetry: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(logName: "")
    var hasService = false
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "grpcService":
        hasService = true
        try readService(from: &reader)
      case "body": body = try reader.readString()
      case "disableBuiltinLabels": disableBuiltinLabels = try reader.readBool()
      case "attributes": attributes = try HTTPListenerPolicy.KeyValue.readList(from: &reader)
      case "resourceAttributes": resourceAttributes = try HTTPListenerPolicy.KeyValue.readList(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
    guard hasService else { throw reader.missing("grpcService") }
  }

  private mutating func readService(from reader: inout JSONReader) throws(JSONError) {
    var logName: String?
    try reader.readFields { reader, key throws(JSONError) in
      if key == "logName" {
        logName = try reader.readString()
      } else if try !service.readField(key, from: &reader) {
        try reader.skipUnknownField(key)
      }
    }
    self.logName = try reader.required(logName, "logName")
  }
}

extension HTTPListenerPolicy.KeyValue: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var name: String?
    var value: HTTPListenerPolicy.AnyValue?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "key": name = try reader.readString()
      case "value": value = try HTTPListenerPolicy.AnyValue(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
    self.init(key: try reader.required(name, "key"), value: try reader.required(value, "value"))
  }

  /// Reads `{"values": [...]}`.
  fileprivate static func readList(from reader: inout JSONReader) throws(JSONError) -> [Self] {
    try reader.readMember("values") { reader throws(JSONError) in try reader.readArray() } ?? []
  }
}

extension HTTPListenerPolicy.AnyValue: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "stringValue": stringValue = try reader.readString()
      case "arrayValue": arrayValue = try reader.readArray()
      case "kvListValue": kvListValue = try HTTPListenerPolicy.KeyValue.readList(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
  }
}
