/// What a part of a regular expression comes to in RE2's program, which Envoy bounds.
///
/// A program has an instruction for each byte or range of bytes, for each end of a capturing group, and for each anchor.
/// Where a part can be left out, taken again or exchanged for another, the way goes on in several places; a place that
/// other ways lead to as well costs an instruction that goes there. These are counted as if every place were one.
struct RegularExpressionCost {
  /// The beginning, the end, the failure, and the loop that looks for the first match.
  static let ofEveryProgram = 4
  /// RE2's limit for one repetition, and for the product of those within each other.
  static let maximumRepetitions = 1000
  /// A size that is too large in any case; above it nothing is counted.
  private static let ceiling = 1_000_000

  /// In instructions; more rather than less.
  private(set) var size: Int
  /// How often something in the part is repeated, by the numbers in braces.
  private(set) var repetitions = 1

  /// A part that is not repeated.
  init(size: Int) { self.size = size }

  /// One part after the other.
  mutating func append(_ other: RegularExpressionCost) {
    size = min(size + other.size, Self.ceiling)
    repetitions = max(repetitions, other.repetitions)
  }

  /// The part, taken so many times.
  ///
  /// - Parameters:
  ///   - maximum: nil for any number of times.
  ///   - isCounted: whether the numbers are written in braces.
  func repeated(_ minimum: Int, _ maximum: Int?, isCounted: Bool) -> RegularExpressionCost {
    let once = max(size, 1)
    var cost = self
    cost.size =
      if let maximum {
        minimum * once + max(maximum - minimum, 0) * (once + 2)
      } else {
        max(minimum, 1) * once + 4
      }
    cost.size = min(cost.size, Self.ceiling)
    if isCounted { cost.repetitions *= max(maximum ?? minimum, 1) }
    return cost
  }
}
