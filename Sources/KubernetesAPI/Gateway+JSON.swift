package import JSON

extension Gateway: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(metadata: ObjectMeta(), gatewayClassName: "")
    metadata = try reader.readResource { reader, key throws(JSONError) in
      switch key {
      case "spec": try readSpec(from: &reader)
      case "status": status = try GatewayStatus(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
    if gatewayClassName.isEmpty { throw reader.missing("spec") }
  }

  private mutating func readSpec(from reader: inout JSONReader) throws(JSONError) {
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "gatewayClassName": gatewayClassName = try reader.readString()
      case "listeners": listeners = try reader.readArray()
      case "addresses": addresses = try reader.readArray()
      case "infrastructure": infrastructure = try Infrastructure(from: &reader)
      case "allowedListeners", "defaultScope", "tls": try reader.skipValue()
      default: try reader.skipUnknownField(key)
      }
    }
    if gatewayClassName.isEmpty { throw reader.missing("gatewayClassName") }
  }
}

extension Gateway.Address: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(value: "")
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "type": type = try reader.readString()
      case "value": value = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension Gateway.Infrastructure: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "labels": labels = try reader.readStringMap()
      case "annotations": annotations = try reader.readStringMap()
      case "parametersRef": parametersRef = try ParametersReference(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension Gateway.Listener: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(name: "", port: 0, protocolType: "")
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "name": name = try reader.readString()
      case "hostname": hostname = try Self.readHostname(from: &reader)
      case "port": port = try reader.readPort()
      case "protocol": protocolType = try reader.readString()
      case "allowedRoutes": allowedRoutes = try Gateway.AllowedRoutes(from: &reader)
      case "tls":
        try reader.skipValue()
        hasTLS = true
      default: try reader.skipUnknownField(key)
      }
    }
    if name.isEmpty { throw reader.missing("name") }
    if port == 0 { throw reader.missing("port") }
    if protocolType.isEmpty { throw reader.missing("protocol") }
  }

  /// The empty hostname matches every host, as an absent one does.
  private static func readHostname(from reader: inout JSONReader) throws(JSONError) -> String? {
    let hostname = try reader.readString()
    return hostname.isEmpty ? nil : hostname
  }
}

extension Gateway.AllowedRoutes: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "namespaces": namespaces = try Namespaces(from: &reader)
      case "kinds": kinds = try reader.readArray()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension Gateway.AllowedRoutes.Namespaces: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var from = "Same"
    var selector: LabelSelector?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "from": from = try reader.readString()
      case "selector": selector = try LabelSelector(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
    switch (from, selector) {
    case ("Same", _): self = .same
    case ("All", _): self = .all
    case ("Selector", .some(let selector)): self = .selector(selector)
    // `Selector` without a selector, too: it selects nothing.
    default: self = .unknown(from)
    }
  }
}

extension RouteGroupKind: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(kind: "")
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "group": group = try reader.readString()
      case "kind": kind = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    if kind.isEmpty { throw reader.missing("kind") }
  }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("group", group)
      writer.member("kind", kind)
    }
  }
}

extension GatewayStatus: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "addresses": addresses = try reader.readArray()
      case "conditions": conditions = try reader.readConditions()
      case "listeners": listeners = try reader.readArray()
      default: try reader.skipValue()
      }
    }
  }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      if !addresses.isEmpty {
        writer.member("addresses") { writer in
          writer.array { writer in
            for address in addresses { address.write(to: &writer) }
          }
        }
      }
      writer.conditions(conditions)
      writer.member("listeners") { writer in
        writer.array { writer in
          for listener in listeners { listener.write(to: &writer) }
        }
      }
    }
  }
}

extension GatewayStatus.Address: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(type: "IPAddress", value: "")
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "type": type = try reader.readString()
      case "value": value = try reader.readString()
      default: try reader.skipValue()
      }
    }
  }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("type", type)
      writer.member("value", value)
    }
  }
}

extension GatewayStatus.ListenerStatus: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(name: "")
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "name": name = try reader.readString()
      case "attachedRoutes": attachedRoutes = try reader.readInt()
      case "supportedKinds": supportedKinds = try reader.readArray()
      case "conditions": conditions = try reader.readConditions()
      default: try reader.skipValue()
      }
    }
  }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("name", name)
      writer.member("attachedRoutes", attachedRoutes)
      writer.member("supportedKinds") { writer in
        writer.array { writer in
          for kind in supportedKinds { kind.write(to: &writer) }
        }
      }
      writer.conditions(conditions)
    }
  }
}
