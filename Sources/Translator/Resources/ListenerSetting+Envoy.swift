import EnvoyAPI
import SwiftProtobuf

extension ListenerSetting {
  typealias HTTPConnectionManager =
    Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager
  typealias HTTPFilter = Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpFilter

  /// Sets the field of the connection manager that this is about.
  func apply(to manager: inout HTTPConnectionManager) {
    switch self {
    case .upgradeConfig(let names):
      manager.upgradeConfigs = names.map { name in .with { $0.upgradeType = name } }
    case .useRemoteAddress(let isOn): manager.useRemoteAddress.value = isOn
    case .xffNumTrustedHops(let number): manager.xffNumTrustedHops = number
    case .serverHeaderTransformation(let kind):
      manager.serverHeaderTransformation =
        switch kind {
        case .overwrite: .overwrite
        case .appendIfAbsent: .appendIfAbsent
        case .passThrough: .passThrough
        }
    case .streamIdleTimeout(let duration): manager.streamIdleTimeout = duration
    case .idleTimeout(let duration): manager.commonHTTPProtocolOptions.idleTimeout = duration
    case .healthCheck(let path):
      // Before the filters that are there, which end with the router.
      manager.httpFilters.insert(Self.healthCheckFilter(path: path), at: 0)
    case .preserveHttp1HeaderCase(let isOn):
      if isOn { manager.httpProtocolOptions.headerKeyFormat = .preservingCase }
    case .acceptHttp10(let isOn): manager.httpProtocolOptions.acceptHTTP10 = isOn
    case .defaultHostForHttp10(let host): manager.httpProtocolOptions.defaultHostForHTTP10 = host
    }
  }

  /// Answers by itself, whatever the state of the backends.
  private static func healthCheckFilter(path: String) -> HTTPFilter {
    let config = Envoy_Extensions_Filters_Http_HealthCheck_V3_HealthCheck.with {
      $0.passThroughMode.value = false
      $0.headers = [
        .with {
          $0.name = ":path"
          $0.stringMatch.exact = path
        }
      ]
    }
    return .with {
      $0.name = "envoy.filters.http.health_check"
      $0.typedConfig = Google_Protobuf_Any(packing: config)
    }
  }
}

extension Envoy_Config_Core_V3_Http1ProtocolOptions.HeaderKeyFormat {
  /// Names of headers go on as they came. Envoy needs this on both sides, for what it reads and what it writes.
  static let preservingCase = Self.with {
    $0.statefulFormatter.name = "envoy.http.stateful_header_formatters.preserve_case"
    $0.statefulFormatter.typedConfig = Google_Protobuf_Any(
      packing: Envoy_Extensions_Http_HeaderFormatters_PreserveCase_V3_PreserveCaseFormatterConfig())
  }
}
