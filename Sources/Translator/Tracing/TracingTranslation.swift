import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// `spec.tracing` of a policy.
enum TracingTranslation {
  typealias HTTPTracing = Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager.Tracing

  /// What tracing needs in the connection manager, and on the way to the upstreams.
  struct Output {
    var tracing: HTTPTracing
    var propagation: TracePropagation
    var samplingRate: SamplingRate
    var trustsCaller: Bool
    var destination: TelemetryDestination
  }

  private static let path = "spec.tracing"

  /// Translates the field; nil if there was a fault in it.
  static func translate(
    _ tracing: HTTPListenerPolicy.Tracing, in context: PolicyContext, _ faults: inout [FieldFault]
  ) -> Output? {
    let before = faults.count
    let provider = provider(tracing.provider, in: context, &faults)
    let sampling = TracingSampling(
      tracing, defaultRate: context.settings.defaultSamplingRate, at: path, &faults)
    let propagation = TracePropagation(tracing.propagators, at: path + ".propagators", &faults)
    let tags = SpanAttributes.tags(of: tracing, at: path, &faults)
    let pathLength = tracing.maxPathTagLength.flatMap {
      FieldCheck.unsigned($0, at: path + ".maxPathTagLength", minimum: 1, &faults)
    }
    guard faults.count == before, let provider, let sampling, var propagation else { return nil }
    propagation.spawnsUpstreamSpans = tracing.spawnUpstreamSpan == true
    var config = provider.config
    if let sampler = sampling.sampler { config.sampler = sampler }
    let output = HTTPTracing.with {
      sampling.apply(to: &$0)
      $0.customTags = tags
      if let isVerbose = tracing.verbose { $0.verbose = isVerbose }
      if let pathLength { $0.maxPathTagLength.value = pathLength }
      if let spawns = tracing.spawnUpstreamSpan { $0.spawnUpstreamSpan.value = spawns }
      $0.provider.name = "envoy.tracers.opentelemetry"
      $0.provider.typedConfig = Google_Protobuf_Any(packing: config)
    }
    return Output(
      tracing: output, propagation: propagation, samplingRate: sampling.rate, trustsCaller: sampling.trustsCaller,
      destination: provider.destination)
  }

  // MARK: Provider

  private struct Provider {
    let destination: TelemetryDestination
    var config: Envoy_Config_Trace_V3_OpenTelemetryConfig

    init(_ destination: TelemetryDestination, serviceName: String) {
      self.destination = destination
      config = .with {
        if destination.wireProtocol == .otlpHTTP {
          $0.httpService = destination.httpService(path: "/v1/traces")
        } else {
          $0.grpcService = destination.grpcService
        }
        $0.serviceName = serviceName
      }
    }
  }

  private static func provider(
    _ provider: HTTPListenerPolicy.Provider, in context: PolicyContext, _ faults: inout [FieldFault]
  ) -> Provider? {
    let path = path + ".provider"
    let isSet: KeyValuePairs = ["otel": provider.otel != nil, "openTelemetry": provider.openTelemetry != nil]
    guard FieldCheck.exactlyOne(of: isSet, at: path, &faults) else { return nil }
    if let otel = provider.otel {
      guard let address = address(otel.grpcAddress, at: path + ".otel.grpcAddress", &faults) else { return nil }
      let cluster = TelemetryCluster.make(tracing: address, settings: context.settings)
      return Provider(
        TelemetryDestination(.otlp, cluster, host: address.description), serviceName: context.gateway.name)
    }
    return provider.openTelemetry.flatMap { openTelemetry($0, at: path + ".openTelemetry", in: context, &faults) }
  }

  private static func address(_ text: String, at path: String, _ faults: inout [FieldFault]) -> HostPort? {
    if let address = HostPort(text) { return address }
    let advice =
      text.contains("://")
      ? "leave out the \(text.split(separator: ":")[0])://" : "write HOST:PORT, as otel-collector.telemetry:4317"
    faults.add(path, "\"\(text)\" is no address with a port; \(advice)")
    return nil
  }

  private static func openTelemetry(
    _ provider: HTTPListenerPolicy.Provider.OpenTelemetry, at path: String, in context: PolicyContext,
    _ faults: inout [FieldFault]
  ) -> Provider? {
    if provider.serviceName == "" { faults.add(path + ".serviceName", "is empty; name the service, or remove it") }
    for (index, detector) in provider.resourceDetectors.enumerated() {
      _ = FieldCheck.exactlyOne(
        of: ["environmentResourceDetector": detector.isEnvironment], at: "\(path).resourceDetectors[\(index)]", &faults)
    }
    let servicePath = path + ".grpcService"
    let destination = TelemetryDestination.resolve(
      provider.service, at: servicePath, in: context, backendProtocol: .otlp, &faults)
    guard let destination else { return nil }
    guard destination.wireProtocol != .als else {
      faults.add(
        servicePath + ".staticClusterName",
        "the static cluster \"\(provider.service.staticClusterName ?? "")\" speaks Envoy's access log service (als), "
          + "which takes no spans; name one that speaks OTLP")
      return nil
    }
    destination.checkOptions(at: servicePath, &faults)
    var output = Provider(destination, serviceName: provider.serviceName ?? context.gateway.name)
    output.config.resourceDetectors = provider.resourceDetectors.map { _ in environmentDetector }
    return output
  }

  private static let environmentDetector = Envoy_Config_Core_V3_TypedExtensionConfig.with {
    $0.name = "envoy.tracers.opentelemetry.resource_detectors.environment"
    $0.typedConfig = Google_Protobuf_Any(
      packing: Envoy_Extensions_Tracers_Opentelemetry_ResourceDetectors_V3_EnvironmentResourceDetectorConfig())
  }
}
