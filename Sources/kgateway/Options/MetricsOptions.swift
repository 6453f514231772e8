import ArgumentParser
import FoundationEssentials

/// How a control plane tells its metrics. The flag has an environment variable of the same name.
struct MetricsOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Keep native histograms as well, for a Prometheus that asks for protobuf.",
      discussion: """
        Everybody else gets the classic text, as without it. A Prometheus that has native histograms on then takes \
        these, and drops the classic buckets: queries of ..._bucket find nothing any more. \
        Environment: KGATEWAY_NATIVE_HISTOGRAMS=true.
        """))
  var nativeHistograms = false

  private static let variable = "KGATEWAY_NATIVE_HISTOGRAMS"

  /// Whether native histograms are kept, after the flag, the environment and the default.
  ///
  /// - Throws: `ValidationError` naming the environment variable whose value is neither true nor false.
  func keepsNativeHistograms() throws -> Bool {
    guard !nativeHistograms, let value = ProcessInfo.processInfo.environment[Self.variable] else {
      return nativeHistograms
    }
    guard let isOn = Bool(value) else {
      throw ValidationError("\(Self.variable)=\(value): expected true or false")
    }
    return isOn
  }
}
