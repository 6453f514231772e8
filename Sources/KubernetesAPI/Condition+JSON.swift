package import JSON

extension Condition: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(type: "", status: .unknown, reason: "")
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "type": type = try reader.readString()
      case "status": status = Status(rawValue: try reader.readString()) ?? .unknown
      case "reason": reason = try reader.readString()
      case "message": message = try reader.readString()
      case "observedGeneration": observedGeneration = try reader.readInt()
      case "lastTransitionTime": lastTransitionTime = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
  }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("type", type)
      writer.member("status", status.rawValue)
      writer.member("reason", reason)
      writer.member("message", message)
      if observedGeneration > 0 { writer.member("observedGeneration", observedGeneration) }
      if !lastTransitionTime.isEmpty { writer.member("lastTransitionTime", lastTransitionTime) }
    }
  }
}

extension JSONWriter {
  /// Writes the member `conditions`.
  mutating func conditions(_ conditions: [Condition]) {
    member("conditions") { writer in
      writer.array { writer in
        for condition in conditions { condition.write(to: &writer) }
      }
    }
  }
}
