#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The sanitizer that tests run under: `hack/test --sanitize` names it in `KGATEWAY_SANITIZER`.
///
/// Programs are slower then, and take more memory. So what is waited for gets more time (`patience`), everywhere, and
/// what asserts how quickly something ends or how much memory it takes is left out (`isOn`). A run without a sanitizer
/// knows none of this.
package enum Sanitizer {
  private static let name = ProcessInfo.processInfo.environment["KGATEWAY_SANITIZER"] ?? ""

  /// Whether there is one.
  package static let isOn = !name.isEmpty

  /// Whether it is the one that finds data races.
  package static let isOfThreads = name == "thread"

  /// How many times as long everything may take.
  private static let slowdown = isOn ? 5 : 1

  /// Why a test about time or memory is left out.
  package static let reason = "a sanitizer takes time and memory of its own"

  /// The time to wait for what comes within the limit otherwise.
  package static func patience(_ limit: Duration) -> Duration { limit * slowdown }
}
