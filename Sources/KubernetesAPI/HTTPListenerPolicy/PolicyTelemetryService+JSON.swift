package import JSON

extension HTTPListenerPolicy.TelemetryService {
  /// Reads one field of the object that this is a part of.
  /// - Returns: false for a field that is none of this; the reader has not moved then.
  mutating func readField(_ key: JSONKey, from reader: inout JSONReader) throws(JSONError) -> Bool {
    switch key {
    case "backendRef": backendRef = try Self.readBackend(from: &reader)
    case "staticClusterName": staticClusterName = try reader.readString()
    case "authority": authority = try reader.readString()
    case "maxReceiveMessageLength": maxReceiveMessageLength = try reader.readInt()
    case "skipEnvoyHeaders": skipEnvoyHeaders = try reader.readBool()
    case "timeout": timeout = try reader.readString()
    case "initialMetadata": initialMetadata = try reader.readArray()
    case "retryPolicy": retryPolicy = try HTTPListenerPolicy.RetryPolicy(from: &reader)
    default: return false
    }
    return true
  }

  private static func readBackend(from reader: inout JSONReader) throws(JSONError) -> HTTPRoute.BackendReference {
    var backend = HTTPRoute.BackendReference(name: "")
    var name: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "group": backend.group = try reader.readString()
      case "kind": backend.kind = try reader.readString()
      case "namespace": backend.namespace = try reader.readString()
      case "name": name = try reader.readString()
      case "port": backend.port = try reader.readPort()
      case "weight": backend.weight = try reader.readInt()
      default: try reader.skipUnknownField(key)
      }
    }
    backend.name = try reader.required(name, "name")
    return backend
  }
}

extension HTTPListenerPolicy.HeaderValue: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(key: "")
    var name: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "key": name = try reader.readString()
      case "value": value = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    self.key = try reader.required(name, "key")
  }
}

extension HTTPListenerPolicy.RetryPolicy: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "retryBackOff": retryBackOff = try BackOff(from: &reader)
      case "numRetries": numRetries = try reader.readInt()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension HTTPListenerPolicy.RetryPolicy.BackOff: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(baseInterval: "")
    var base: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "baseInterval": base = try reader.readString()
      case "maxInterval": maxInterval = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    baseInterval = try reader.required(base, "baseInterval")
  }
}
