import JSON

extension HTTPListenerPolicy.ListenerSettings {
  /// Reads one field of the policy's spec.
  /// - Returns: false for a field that is none of this; the reader has not moved then.
  mutating func readField(_ key: JSONKey, from reader: inout JSONReader) throws(JSONError) -> Bool {
    switch key {
    case "upgradeConfig":
      enabledUpgrades =
        try reader.readMember("enabledUpgrades") { reader throws(JSONError) in try reader.readStrings() } ?? []
    case "useRemoteAddress": useRemoteAddress = try reader.readBool()
    case "xffNumTrustedHops": xffNumTrustedHops = try reader.readInt()
    case "serverHeaderTransformation": serverHeaderTransformation = try reader.readString()
    case "streamIdleTimeout": streamIdleTimeout = try reader.readString()
    case "idleTimeout": idleTimeout = try reader.readString()
    case "healthCheck":
      let path = try reader.readMember("path") { reader throws(JSONError) in try reader.readString() }
      healthCheckPath = try reader.required(path, "path")
    case "preserveHttp1HeaderCase": preserveHttp1HeaderCase = try reader.readBool()
    case "acceptHttp10": acceptHttp10 = try reader.readBool()
    case "defaultHostForHttp10": defaultHostForHttp10 = try reader.readString()
    default: return false
    }
    return true
  }
}
