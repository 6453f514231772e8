import RealComponents

extension SplitMix64 {
  /// True once in so many times.
  mutating func chance(_ parts: Int) -> Bool { Int.random(in: 0..<parts, using: &self) == 0 }
}
