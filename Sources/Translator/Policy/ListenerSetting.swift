import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// One of the fields of a policy that set the connection manager, with its value checked.
enum ListenerSetting: Hashable {
  case upgradeConfig([String])
  case useRemoteAddress(Bool)
  case xffNumTrustedHops(UInt32)
  case serverHeaderTransformation(ServerHeaderTransformation)
  case streamIdleTimeout(Google_Protobuf_Duration)
  case idleTimeout(Google_Protobuf_Duration)
  case healthCheck(path: String)
  case preserveHttp1HeaderCase(Bool)
  case acceptHttp10(Bool)
  case defaultHostForHttp10(String)

  enum ServerHeaderTransformation: String, CaseIterable {
    case overwrite = "Overwrite"
    case appendIfAbsent = "AppendIfAbsent"
    case passThrough = "PassThrough"
  }

  /// The field's name in the policy's spec.
  var name: String {
    switch self {
    case .upgradeConfig: "upgradeConfig"
    case .useRemoteAddress: "useRemoteAddress"
    case .xffNumTrustedHops: "xffNumTrustedHops"
    case .serverHeaderTransformation: "serverHeaderTransformation"
    case .streamIdleTimeout: "streamIdleTimeout"
    case .idleTimeout: "idleTimeout"
    case .healthCheck: "healthCheck"
    case .preserveHttp1HeaderCase: "preserveHttp1HeaderCase"
    case .acceptHttp10: "acceptHttp10"
    case .defaultHostForHttp10: "defaultHostForHttp10"
    }
  }

  /// The field's place in the schema.
  var rank: Int {
    switch self {
    case .upgradeConfig: 0
    case .useRemoteAddress: 1
    case .xffNumTrustedHops: 2
    case .serverHeaderTransformation: 3
    case .streamIdleTimeout: 4
    case .idleTimeout: 5
    case .healthCheck: 6
    case .preserveHttp1HeaderCase: 7
    case .acceptHttp10: 8
    case .defaultHostForHttp10: 9
    }
  }

  // MARK: Out of a policy

  /// The settings of a policy in the order of the schema; those with a fault are told and left out.
  static func settings(
    of fields: HTTPListenerPolicy.ListenerSettings, _ faults: inout [FieldFault]
  ) -> [ListenerSetting] {
    [
      upgrades(fields.enabledUpgrades, &faults),
      fields.useRemoteAddress.map(useRemoteAddress),
      fields.xffNumTrustedHops.flatMap { FieldCheck.unsigned($0, at: "spec.xffNumTrustedHops", &faults) }
        .map(xffNumTrustedHops),
      fields.serverHeaderTransformation.flatMap {
        FieldCheck.word($0, at: "spec.serverHeaderTransformation", &faults)
      }
      .map(serverHeaderTransformation),
      fields.streamIdleTimeout.flatMap {
        GoDuration.parse($0, at: "spec.streamIdleTimeout", example: "5m (0s for none)", &faults)
      }
      .map(streamIdleTimeout),
      fields.idleTimeout.flatMap {
        GoDuration.parse($0, at: "spec.idleTimeout", example: "1h (0s for none)", &faults)
      }
      .map(idleTimeout),
      healthCheck(fields.healthCheckPath, &faults),
      fields.preserveHttp1HeaderCase.map(preserveHttp1HeaderCase),
      fields.acceptHttp10.map(acceptHttp10),
      defaultHost(fields, &faults),
    ]
    .compactMap(\.self)
  }

  private static func upgrades(_ names: [String]?, _ faults: inout [FieldFault]) -> ListenerSetting? {
    guard let names else { return nil }
    let path = "spec.upgradeConfig.enabledUpgrades"
    let before = faults.count
    if names.isEmpty { faults.add(path, "is empty; name at least one upgrade, as websocket") }
    var known: Set<String> = []
    for (index, name) in names.enumerated() {
      if !HeaderName.isValid(name) {
        faults.add("\(path)[\(index)]", "\"\(name)\" is no upgrade, as websocket or CONNECT")
      } else if !known.insert(name.lowercased()).inserted {
        faults.add("\(path)[\(index)]", "\"\(name)\" is there twice (upper and lower case are the same); keep one")
      }
    }
    return faults.count == before ? .upgradeConfig(names) : nil
  }

  private static func healthCheck(_ path: String?, _ faults: inout [FieldFault]) -> ListenerSetting? {
    guard let path else { return nil }
    guard path.hasPrefix("/"), FieldCheck.isHeaderValue(path), !path.contains(where: { " ?#".contains($0) }) else {
      faults.add("spec.healthCheck.path", "\"\(path)\" is no path; write one that begins with /, as /healthz")
      return nil
    }
    return .healthCheck(path: path)
  }

  private static func defaultHost(
    _ fields: HTTPListenerPolicy.ListenerSettings, _ faults: inout [FieldFault]
  ) -> ListenerSetting? {
    guard let host = fields.defaultHostForHttp10 else { return nil }
    let path = "spec.defaultHostForHttp10"
    guard fields.acceptHttp10 == true else {
      faults.add(path, "has no effect without HTTP/1.0; set acceptHttp10 to true beside it, or remove it")
      return nil
    }
    guard !host.isEmpty, FieldCheck.isHeaderValue(host), !host.contains(where: { $0.isWhitespace || $0 == "/" }) else {
      faults.add(path, "\"\(host)\" is no host, as www.example.com")
      return nil
    }
    return .defaultHostForHttp10(host)
  }
}
