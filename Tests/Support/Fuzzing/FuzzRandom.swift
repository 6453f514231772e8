/// Random numbers that are the same for the same seed (SplitMix64).
package struct FuzzRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Neighbouring seeds give numbers that are no more alike than any others.
  package init(seed: UInt64) {
    state = Self.mixed(seed &+ 0x9E37_79B9_7F4A_7C15)
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mixed(state)
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// True so often in a hundred.
  package mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  /// A number from 0 up to, and without, `bound`; 0 where there is none.
  package mutating func below(_ bound: Int) -> Int {
    // The slight preference for small numbers does not matter, and the standard library's way is slow in debug builds.
    bound > 0 ? Int(next() % UInt64(bound)) : 0
  }

  /// One of these; nil where there are none.
  package mutating func choice<Elements: RandomAccessCollection>(_ elements: Elements) -> Elements.Element? {
    guard !elements.isEmpty else { return nil }
    return elements[elements.index(elements.startIndex, offsetBy: below(elements.count))]
  }

  /// A random division of the bytes into pieces, none of them empty.
  package mutating func cut(_ bytes: [UInt8]) -> [[UInt8]] {
    let longest = choice([1, 2, 7, 64, 1000]) ?? 1
    var pieces: [[UInt8]] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + 1 + below(longest))
      pieces.append(Array(bytes[start..<end]))
      start = end
    }
    return pieces
  }
}
