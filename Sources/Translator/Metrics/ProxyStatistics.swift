package import EnvoyAPI
import FoundationEssentials
package import KubernetesAPI
import SwiftProtobuf

/// What a proxy is told when it starts, so that its metrics of requests and connections come out under their own names:
/// `agentgateway_http_requests_total`, not `envoy_wasmcustom_agentgateway_...`.
///
/// Envoy's Prometheus page leaves out its own prefix for a name that begins with a registered custom namespace. The one
/// extension that registers such a namespace is WebAssembly, so an empty module is loaded, which runs nothing. It takes
/// about 12 MB of a proxy's memory (measured with Envoy 1.40).
package enum ProxyStatistics {
  /// In front of every name. `wasmcustom` is the namespace of Envoy's WebAssembly extension, and goes.
  static let scope = "wasmcustom.agentgateway"

  /// Names the scope and the histograms in a bootstrap, after what is in its statistics' settings.
  ///
  /// - Parameter gateway: becomes the labels `namespace` and `gateway` of the proxy's statistics; labels that are in the
  ///   settings already under these names stay.
  package static func configure(
    _ bootstrap: inout Envoy_Config_Bootstrap_V3_Bootstrap, gateway: NamespacedName
  ) {
    bootstrap.bootstrapExtensions.append(namesExtension)
    bootstrap.statsEvictionInterval = Google_Protobuf_Duration(seconds: evictionInterval)
    let known = Set(bootstrap.statsConfig.statsTags.map(\.tagName))
    bootstrap.statsConfig.statsTags += tags(gateway).filter { !known.contains($0.tagName) }
    bootstrap.statsConfig.histogramBucketSettings = HistogramBuckets.settings
    switch bootstrap.statsConfig.statsMatcher.statsMatcher {
    case .inclusionList: bootstrap.statsConfig.statsMatcher.inclusionList.patterns.append(.with { $0.contains = scope })
    default: bootstrap.statsConfig.statsMatcher.exclusionList.patterns.append(.with { $0.suffix = unusedCounter })
    }
  }

  /// After this time, in seconds, a series that saw no request goes, so that the routes and backends of the past do not
  /// fill a proxy's memory. A day: a counter that comes back begins at 0, and its first event is lost to `rate()`.
  private static let evictionInterval: Int64 = 24 * 60 * 60

  // MARK: Connections

  /// The filter that counts connections has a limit, which is not used, and a counter for it.
  private static let unusedCounter = "\(scope).limited_connections"

  /// The prefix with which the filter `connection_limit` names its gauge `active_connections`.
  static func connectionPrefix(listener: String) -> String { "\(listener).\(scope)" }

  /// Labels for what Envoy counts without an access log. An access logger's own series do not get them, and say the same
  /// by themselves.
  private static func tags(_ gateway: NamespacedName) -> [Envoy_Config_Metrics_V3_TagSpecifier] {
    [
      .with {
        $0.tagName = MetricTag.namespace
        $0.fixedValue = gateway.namespace
      },
      .with {
        $0.tagName = MetricTag.gateway
        $0.fixedValue = gateway.name
      },
      .with {
        $0.tagName = MetricTag.listener
        $0.regex = #"^(connection_limit\.(.+?)\.)wasmcustom\.agentgateway\."#
      },
    ]
  }

  // MARK: Names

  private static let namesExtension = Envoy_Config_Core_V3_TypedExtensionConfig.with {
    $0.name = "envoy.bootstrap.wasm"
    $0.typedConfig = Google_Protobuf_Any(
      packing: Envoy_Extensions_Wasm_V3_WasmService.with {
        $0.singleton = true
        $0.config.name = "metric-names"
        $0.config.vmConfig.runtime = "envoy.wasm.runtime.v8"
        $0.config.vmConfig.code.local.inlineBytes = Data(emptyModule)
      })
  }

  /// A WebAssembly module that does nothing: one page of memory, an empty `proxy_abi_version_0_2_1`, by which Envoy knows
  /// the interface (proxy-wasm 0.2.1), and a `malloc` that gives nothing.
  private static let emptyModule: [UInt8] =
    [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]  // magic, version
    + [1, 9, 2, 0x60, 0, 0, 0x60, 1, 0x7F, 1, 0x7F]  // types: () -> (), (i32) -> i32
    + [3, 3, 2, 0, 1]  // two functions
    + [5, 3, 1, 0, 1]  // one memory of one page
    + [7, 45, 3]  // exports
    + [6] + Array("memory".utf8) + [2, 0]
    + [23] + Array("proxy_abi_version_0_2_1".utf8) + [0, 0]
    + [6] + Array("malloc".utf8) + [0, 1]
    + [10, 9, 2, 2, 0, 0x0B, 4, 0, 0x41, 0, 0x0B]  // bodies: nothing; 0
}
