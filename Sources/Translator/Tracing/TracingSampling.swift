import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// Which requests are traced: either by one rate that every hop decides alike, or by the percentages of Envoy's
/// connection manager, as kgateway's policies have them.
struct TracingSampling {
  /// Of traces whose caller leaves the decision open. Where the connection manager decides, it is all of them: drawn
  /// here too, a trace would have to win twice.
  let rate: SamplingRate
  /// Whether what a caller decided counts.
  let trustsCaller: Bool
  /// Of the tracer; nil: what the connection manager decided.
  let sampler: Envoy_Config_Core_V3_TypedExtensionConfig?
  private let percentages: Percentages?

  private struct Percentages {
    var client: Double?
    var random: Double?
    var overall: Double?
  }

  private enum IncomingSampling: String, CaseIterable {
    case trust = "Trust"
    case ignore = "Ignore"
  }

  /// - Parameter defaultRate: for a policy that leaves the sampling open.
  /// - Returns: nil if there was a fault.
  init?(
    _ tracing: HTTPListenerPolicy.Tracing, defaultRate: SamplingRate, at path: String, _ faults: inout [FieldFault]
  ) {
    let before = faults.count
    let longForms = [
      ("clientSampling", tracing.clientSampling), ("randomSampling", tracing.randomSampling),
      ("overallSampling", tracing.overallSampling),
    ].filter { $0.1 != nil }
    let samplerConfig = tracing.provider.openTelemetry?.sampler
    let others = longForms.map(\.0) + (samplerConfig == nil ? [] : ["provider.openTelemetry.sampler"])
    for (name, isSet) in [
      ("samplingRate", tracing.samplingRate != nil), ("incomingSampling", tracing.incomingSampling != nil),
    ] where isSet && !others.isEmpty {
      faults.add(
        "\(path).\(name)", "cannot be set together with \(others.joined(separator: ", ")); keep one or the other")
    }
    for (name, value) in longForms { Self.check(value ?? 0, at: "\(path).\(name)", &faults) }
    Self.checkWhole(tracing.clientSampling ?? 0, at: path + ".clientSampling", &faults)
    if let samplerConfig {
      _ = FieldCheck.exactlyOne(
        of: ["alwaysOnConfig": samplerConfig.isAlwaysOn], at: path + ".provider.openTelemetry.sampler", &faults)
    }
    let incoming: IncomingSampling? = tracing.incomingSampling.flatMap {
      FieldCheck.word($0, at: path + ".incomingSampling", &faults)
    }
    // Where other fields decide, a samplingRate beside them is a fault already.
    let named = others.isEmpty ? tracing.samplingRate : nil
    let fallback = tracing.leavesSamplingOpen ? defaultRate : .all
    guard let rate = named.map({ Self.rate($0, at: path + ".samplingRate", &faults) }) ?? fallback,
      faults.count == before
    else { return nil }
    self.rate = rate
    // The sampler that is always on passes over the caller's decision, as kgateway's does.
    trustsCaller = incoming != .ignore && samplerConfig == nil
    if others.isEmpty {
      sampler = rate.sampler
      percentages = nil
    } else {
      sampler = samplerConfig == nil ? nil : Self.alwaysOn
      percentages = Percentages(
        client: tracing.clientSampling, random: tracing.randomSampling, overall: tracing.overallSampling)
    }
  }

  func apply(to tracing: inout TracingTranslation.HTTPTracing) {
    // Where the sampler decides alone, any less here, and Envoy would throw its own dice first.
    tracing.randomSampling.value = percentages?.random ?? 100
    if let client = percentages?.client { tracing.clientSampling.value = client }
    if let overall = percentages?.overall { tracing.overallSampling.value = overall }
  }

  private static func check(_ percentage: Double, at path: String, _ faults: inout [FieldFault]) {
    guard rate(percentage, at: path, &faults) != nil else { return }
    // The connection manager counts in ten-thousandths (HttpConnectionManager.Tracing).
    if percentage > 0, percentage < 0.01 {
      faults.add(path, "\(percentage) is less than 0.01, Envoy's finest step; use 0.01 or 0, or samplingRate instead")
    }
  }

  /// Envoy 1.40 cuts this one percentage down to a whole number, so that less than 1 would be none.
  private static func checkWhole(_ percentage: Double, at path: String, _ faults: inout [FieldFault]) {
    guard !faults.contains(where: { $0.path == path }), percentage != percentage.rounded() else { return }
    let (below, above) = (Int(percentage.rounded(.down)), Int(percentage.rounded(.up)))
    faults.add(path, "\(percentage) has a fraction, which Envoy leaves out; use \(below) or \(above)")
  }

  private static func rate(_ percentage: Double, at path: String, _ faults: inout [FieldFault]) -> SamplingRate? {
    do throws(SamplingRate.Fault) {
      return try SamplingRate(percentage: percentage)
    } catch {
      if !faults.contains(where: { $0.path == path }) { faults.add(path, error.message) }
      return nil
    }
  }

  private static let alwaysOn = Envoy_Config_Core_V3_TypedExtensionConfig.with {
    $0.name = "envoy.tracers.opentelemetry.samplers.always_on"
    $0.typedConfig = Google_Protobuf_Any(
      packing: Envoy_Extensions_Tracers_Opentelemetry_Samplers_V3_AlwaysOnSamplerConfig())
  }
}
