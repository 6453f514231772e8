/// Looks for inputs whose cost grows faster than their length.
package struct ScalingProbe: Sendable {
  /// An input that costs too much.
  package struct Finding: Sendable, Equatable, CustomStringConvertible {
    package let what: String
    package var description: String { what }
  }

  /// Eight times the length may cost so many times as much. Quadratic growth is 64.
  private static let maximumRatio = 28.0
  /// What costs less than this at the greater length is of no interest, and too short to be measured.
  private static let interesting = Duration.milliseconds(60)

  private let words: [String]
  private let length: Int

  /// - Parameters:
  ///   - words: of the format; each is repeated, alone and with its neighbours.
  ///   - length: of the short inputs, in bytes; the long ones are eight times as long.
  package init(words: [String], length: Int = 4_000) {
    self.words = words
    self.length = length
  }

  /// Reads every repetition in two lengths.
  ///
  /// - Parameters:
  ///   - prefix: what stands before the repetition.
  ///   - suffix: what stands behind it.
  package func findings(
    prefix: String = "", suffix: String = "", _ read: (String) -> Void
  ) -> [Finding] {
    // All pairs would take minutes.
    let patterns = words + zip(words, words.dropFirst()).map { $0 + $1 } + zip(words.dropFirst(), words).map { $0 + $1 }
    return Set(patterns).sorted().compactMap { pattern in
      guard !pattern.isEmpty else { return nil }
      let text = { (length: Int) in
        prefix + String(repeating: pattern, count: max(1, length / pattern.utf8.count)) + suffix
      }
      let long = Self.time(of: text(8 * length), read)
      guard long > Self.interesting else { return nil }
      // The shortest of three: the first may pay for what is made only once.
      let short = (0..<3).map { _ in Self.time(of: text(length), read) }.min() ?? .zero
      let again = min(long, Self.time(of: text(8 * length), read))
      guard again > short * Self.maximumRatio else { return nil }
      return Finding(
        what: "\(pattern.debugDescription) repeated: \(length) bytes take \(short), \(8 * length) \(again)")
    }
  }

  private static func time(of text: String, _ read: (String) -> Void) -> Duration {
    let start = CPUTime.ofThread
    read(text)
    return CPUTime.ofThread - start
  }
}
