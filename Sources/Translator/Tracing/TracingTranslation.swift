import EnvoyAPI
import JSON
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
    var cluster: Envoy_Config_Cluster_V3_Cluster
  }

  private static let path = "spec.tracing"

  /// Translates the field; nil if there was a fault in it.
  static func translate(
    _ tracing: HTTPListenerPolicy.Tracing, in context: PolicyContext, _ faults: inout [FieldFault]
  ) -> Output? {
    let before = faults.count
    let address = address(tracing.provider, &faults)
    let rate = samplingRate(tracing.samplingRate, &faults)
    let propagation = TracePropagation(tracing.propagators, at: path + ".propagators", &faults)
    let tags = tracing.customTags.map { customTag($0, &faults) }
    guard faults.count == before, let address, let rate, let propagation else { return nil }
    let cluster = TelemetryCluster.make(tracing: address, settings: context.settings)
    let config = Envoy_Config_Trace_V3_OpenTelemetryConfig.with {
      $0.grpcService = TelemetryCluster.grpcService(cluster)
      $0.serviceName = context.gateway.name
      $0.sampler = rate.sampler
    }
    let output = HTTPTracing.with {
      // The sampler decides alone; any less here, and Envoy would throw its own dice first.
      $0.randomSampling.value = 100
      $0.customTags = tags
      $0.provider.name = "envoy.tracers.opentelemetry"
      $0.provider.typedConfig = Google_Protobuf_Any(packing: config)
    }
    return Output(tracing: output, propagation: propagation, samplingRate: rate, cluster: cluster)
  }

  private static func address(_ provider: HTTPListenerPolicy.Provider, _ faults: inout [FieldFault]) -> HostPort? {
    let path = path + ".provider"
    guard let text = provider.otel?.grpcAddress else {
      faults.append(FieldFault(path, "is missing; set otel.grpcAddress to the HOST:PORT of an OTLP receiver"))
      return nil
    }
    if let address = HostPort(text) { return address }
    let advice =
      text.contains("://")
      ? "leave out the \(text.split(separator: ":")[0])://" : "write HOST:PORT, as otel-collector.telemetry:4317"
    faults.append(FieldFault(path + ".otel.grpcAddress", "\"\(text)\" is no address with a port; \(advice)"))
    return nil
  }

  private static func samplingRate(_ percentage: Double?, _ faults: inout [FieldFault]) -> SamplingRate? {
    do throws(SamplingRate.Fault) {
      return try SamplingRate(percentage: percentage ?? 100)
    } catch {
      faults.append(FieldFault(path + ".samplingRate", error.message))
      return nil
    }
  }

  private static func customTag(
    _ tag: HTTPListenerPolicy.CustomTag, _ faults: inout [FieldFault]
  ) -> Envoy_Type_Tracing_V3_CustomTag {
    let path = JSONPath.join(path + ".customTags", JSONPath.component(key: tag.name))
    var output = Envoy_Type_Tracing_V3_CustomTag()
    output.tag = tag.name
    if tag.name.isEmpty { faults.append(FieldFault(path, "the tag's name is empty")) }
    switch (tag.literal, tag.environment, tag.requestHeader) {
    case (let value?, nil, nil):
      if value.isEmpty { faults.append(FieldFault(path + ".literal", "is empty; give the tag a value")) }
      output.literal.value = value
    case (nil, let name?, nil):
      if name.isEmpty { faults.append(FieldFault(path + ".environment", "is empty; name a variable of the proxy")) }
      output.environment.name = name
    case (nil, nil, let name?):
      if !HeaderName.isValid(name, allowsPseudoHeader: true) {
        faults.append(FieldFault(path + ".requestHeader", "\"\(name)\" is no name of a header, as x-request-id"))
      }
      output.requestHeader.name = name
    case (nil, nil, nil):
      faults.append(FieldFault(path, "has no value; set one of literal, environment, requestHeader"))
    default:
      faults.append(FieldFault(path, "has several values; set only one of literal, environment, requestHeader"))
    }
    return output
  }
}
