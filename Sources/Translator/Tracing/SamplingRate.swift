import EnvoyAPI
import SwiftProtobuf

/// Which share of the traces that begin at the proxy is kept. What the caller decided for its own traces stands, unless
/// it is not trusted: then their share is drawn, request by request.
package struct SamplingRate: Hashable, Sendable, CustomStringConvertible {
  /// Why a number is no rate.
  package struct Fault: Error {
    /// The number, what is wrong with it, and what to use.
    package let message: String
  }

  /// Every trace.
  package static let all = SamplingRate(perMillion: 1_000_000)

  /// Of a million traces.
  let perMillion: UInt32

  private init(perMillion: UInt32) { self.perMillion = perMillion }

  /// - Parameter percentage: 0...100, in steps of a ten-thousandth.
  /// - Throws: `Fault` for a number outside of that, or finer.
  package init(percentage: Double) throws(Fault) {
    guard (0...100).contains(percentage) else {
      throw Fault(
        message: "\(Self.text(percentage)) is not a percentage; "
          + "use a number from 0 to 100, as 10 for one trace in ten")
    }
    perMillion = UInt32((percentage * 10_000).rounded())
    guard perMillion > 0 || percentage == 0 else {
      throw Fault(message: "\(Self.text(percentage)) is less than 0.0001, the finest step; use 0.0001 or 0")
    }
  }

  /// The percentage: `12.5`.
  package var description: String { Self.text(Double(perMillion) / 10_000) }

  /// Takes the ratio from the trace id, so that every hop and replica decides alike. Envoy's own random sampling would
  /// cut traces in the middle.
  ///
  /// Of a trace that goes on, the flag in the `traceparent` decides. Where callers are not trusted it is not theirs but
  /// drawn (`TraceContextExtraction`): the ratio alone would pass over their flags, but they choose the ids too, and
  /// could choose those that are always sampled.
  var sampler: Envoy_Config_Core_V3_TypedExtensionConfig {
    let ratio = Envoy_Config_Core_V3_TypedExtensionConfig.with {
      $0.name = "envoy.tracers.opentelemetry.samplers.trace_id_ratio_based"
      $0.typedConfig = Google_Protobuf_Any(
        packing: Envoy_Extensions_Tracers_Opentelemetry_Samplers_V3_TraceIdRatioBasedSamplerConfig.with {
          $0.samplingPercentage.numerator = perMillion
          $0.samplingPercentage.denominator = .million
        })
    }
    return .with {
      $0.name = "envoy.tracers.opentelemetry.samplers.parent_based"
      $0.typedConfig = Google_Protobuf_Any(
        packing: Envoy_Extensions_Tracers_Opentelemetry_Samplers_V3_ParentBasedSamplerConfig.with {
          $0.wrappedSampler = ratio
        })
    }
  }

  /// The first eight digits of a random hexadecimal number are less than this, as text, in that share of all cases.
  var hexadecimalThreshold: String {
    if perMillion == 1_000_000 { return "g" }
    let threshold = (UInt64(perMillion) << 32) / 1_000_000
    let digits = String(threshold, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// The number as people write it: `140`, not `140.0`.
  private static func text(_ number: Double) -> String {
    let text = "\(number)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
