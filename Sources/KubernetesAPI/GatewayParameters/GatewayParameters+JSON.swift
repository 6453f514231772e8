package import JSON

extension GatewayParameters: JSONDecodable {
  /// Reads the parameters. What the values may be is the deployer's business, so that the Gateway's status can say what
  /// is wrong with them.
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(metadata: ObjectMeta())
    metadata = try reader.readResource { reader, key throws(JSONError) in
      switch key {
      case "spec": try readSpec(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
  }

  private mutating func readSpec(from reader: inout JSONReader) throws(JSONError) {
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "image": image = try Image(from: &reader)
      case "replicas": replicas = try reader.readInt()
      case "autoscaling": autoscaling = try Autoscaling(from: &reader)
      case "podDisruptionBudget": podDisruptionBudget = try DisruptionBudget(from: &reader)
      case "resources": resources = try Resources(from: &reader)
      case "service": service = try ServiceSettings(from: &reader)
      case "pod": pod = try Pod(from: &reader)
      case "env": env = try reader.readArray()
      case "logLevel": logLevel = try reader.readString()
      case "drainDuration": drainDuration = try reader.readString()
      case "stats": stats = try Stats(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension GatewayParameters.Image: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "repository": repository = try reader.readString()
      case "tag": tag = try reader.readString()
      case "digest": digest = try reader.readString()
      case "pullPolicy": pullPolicy = try reader.readString()
      case "pullSecrets": pullSecrets = try reader.readStrings()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension GatewayParameters.Autoscaling: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(maxReplicas: 0)
    var maximum: Int?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "minReplicas": minReplicas = try reader.readInt()
      case "maxReplicas": maximum = try reader.readInt()
      case "targetCPUUtilizationPercentage": targetCPUUtilizationPercentage = try reader.readInt()
      case "targetMemoryUtilizationPercentage": targetMemoryUtilizationPercentage = try reader.readInt()
      default: try reader.skipUnknownField(key)
      }
    }
    maxReplicas = try reader.required(maximum, "maxReplicas")
  }
}

extension GatewayParameters.DisruptionBudget: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "minAvailable": minAvailable = try reader.readNumberOrString()
      case "maxUnavailable": maxUnavailable = try reader.readNumberOrString()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension GatewayParameters.Resources: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "requests": requests = try Self.readQuantities(from: &reader)
      case "limits": limits = try Self.readQuantities(from: &reader)
      default: try reader.skipUnknownField(key)
      }
    }
  }

  private static func readQuantities(from reader: inout JSONReader) throws(JSONError) -> [String: String] {
    var quantities: [String: String] = [:]
    try reader.readFields { reader, key throws(JSONError) in
      quantities[key.string] = try reader.readNumberOrString()
    }
    return quantities
  }
}

extension GatewayParameters.ServiceSettings: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "type": type = try reader.readString()
      case "labels": labels = try reader.readStringMap()
      case "annotations": annotations = try reader.readStringMap()
      case "externalTrafficPolicy": externalTrafficPolicy = try reader.readString()
      case "loadBalancerClass": loadBalancerClass = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension GatewayParameters.Pod: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "labels": labels = try reader.readStringMap()
      case "annotations": annotations = try reader.readStringMap()
      case "nodeSelector": nodeSelector = try reader.readStringMap()
      case "tolerations": tolerations = try reader.readValues()
      case "affinity": affinity = try reader.readValue()
      case "topologySpreadConstraints": topologySpreadConstraints = try reader.readValues()
      case "priorityClassName": priorityClassName = try reader.readString()
      case "terminationGracePeriodSeconds": terminationGracePeriodSeconds = try reader.readInt()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension GatewayParameters.EnvironmentVariable: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(name: "")
    var name: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "name": name = try reader.readString()
      case "value": value = try reader.readString()
      case "valueFrom": valueFrom = try reader.readValue()
      default: try reader.skipUnknownField(key)
      }
    }
    self.name = try reader.required(name, "name")
  }
}

extension GatewayParameters.Stats: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "include": include = try reader.readArray()
      case "exclude": exclude = try reader.readArray()
      case "tags": tags = try reader.readArray()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension GatewayParameters.StatsPattern: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "prefix": prefix = try reader.readString()
      case "suffix": suffix = try reader.readString()
      case "regex": regex = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
  }
}

extension GatewayParameters.StatsTag: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(name: "")
    var name: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "name": name = try reader.readString()
      case "value": value = try reader.readString()
      case "regex": regex = try reader.readString()
      default: try reader.skipUnknownField(key)
      }
    }
    self.name = try reader.required(name, "name")
  }
}

extension JSONReader {
  /// Reads what may be written as a number or in quotes (Kubernetes' IntOrString and Quantity), as text.
  fileprivate mutating func readNumberOrString() throws(JSONError) -> String {
    try peekKind() == .number ? String(decoding: readRaw(), as: UTF8.self) : readString()
  }

  fileprivate mutating func readValues() throws(JSONError) -> [JSONValue] {
    var values: [JSONValue] = []
    try readArray { reader, _ throws(JSONError) in values.append(try reader.readValue()) }
    return values
  }
}
