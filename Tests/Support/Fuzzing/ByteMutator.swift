/// Damages valid examples: byte by byte, by cutting and joining, and with words that mean something to the reader.
package struct ByteMutator: Sendable {
  /// Longer mutants are cut.
  private static let maximumLength = 64 << 10

  private let corpus: [[UInt8]]
  private let dictionary: [[UInt8]]

  /// - Parameters:
  ///   - corpus: valid examples, at least one.
  ///   - dictionary: words of the format.
  package init(corpus: [[UInt8]], dictionary: [String] = []) {
    self.corpus = corpus
    self.dictionary = dictionary.map { Array($0.utf8) } + Self.odd
  }

  package init(corpus: [String], dictionary: [String] = []) {
    self.init(corpus: corpus.map { Array($0.utf8) }, dictionary: dictionary)
  }

  /// An example with some changes; now and then with none.
  package func mutant(using random: inout FuzzRandom) -> [UInt8] {
    var bytes = random.choice(corpus) ?? []
    for _ in 0..<(random.choice([0, 1, 1, 1, 2, 2, 3, 5, 9]) ?? 1) { change(&bytes, using: &random) }
    return bytes.count > Self.maximumLength ? Array(bytes.prefix(Self.maximumLength)) : bytes
  }

  private func change(_ bytes: inout [UInt8], using random: inout FuzzRandom) {
    let place = random.below(bytes.count + 1)
    let end = min(bytes.count, place + 1 + random.below(random.choice([1, 8, 64, 4000]) ?? 1))
    switch random.below(14) {
    case 0:
      if place < bytes.count { bytes[place] ^= 1 << UInt8(random.below(8)) }
    case 1:
      if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
    case 2: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
    case 3, 4, 5: bytes.insert(contentsOf: random.choice(dictionary) ?? [], at: place)
    case 6: bytes.replaceSubrange(place..<end, with: random.choice(dictionary) ?? [])
    case 7: bytes.removeSubrange(place..<end)
    case 8: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 9: bytes.removeSubrange(place...)
    case 10: splice(&bytes, at: place, using: &random)
    case 11: repeatWord(&bytes, at: place, using: &random)
    case 12: changeNumber(&bytes, from: place, using: &random)
    default: swapLines(&bytes, using: &random)
    }
  }

  /// Goes on with the end of another example.
  private func splice(_ bytes: inout [UInt8], at place: Int, using random: inout FuzzRandom) {
    guard let other = random.choice(corpus) else { return }
    bytes.replaceSubrange(place..., with: other[random.below(other.count + 1)...])
  }

  /// Deep nesting, long tokens, many elements.
  private func repeatWord(_ bytes: inout [UInt8], at place: Int, using random: inout FuzzRandom) {
    let word = random.chance(70) ? random.choice(dictionary) ?? [] : Array(bytes[place...].prefix(1 + random.below(6)))
    let count = random.choice([2, 20, 130, 1100]) ?? 2
    bytes.insert(contentsOf: repeatElement(word, count: count).joined(), at: place)
  }

  /// Puts another number in the place of the next one.
  private func changeNumber(_ bytes: inout [UInt8], from place: Int, using random: inout FuzzRandom) {
    let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.endIndex
    bytes.replaceSubrange(start..<end, with: random.choice(Self.numbers) ?? [])
  }

  private func swapLines(_ bytes: inout [UInt8], using random: inout FuzzRandom) {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let (one, other) = (random.below(lines.count), random.below(lines.count))
    lines.swapAt(one, other)
    bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
  }

  private static let numbers: [[UInt8]] = [
    "0", "-0", "-1", "1", "00", "255", "256", "65535", "65536", "2147483647", "2147483648", "4294967295", "4294967296",
    "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
    "18446744073709551615", "18446744073709551616", "1e400", "1e-400", "1e18446744073709551616", "0.1e99999999",
    "170141183460469231731687303715884105728", String(repeating: "9", count: 400), "0x7fffffffffffffff", "NaN",
  ].map { Array($0.utf8) }

  /// Bytes that are no UTF-8, or an odd kind of it, and control characters.
  private static let odd: [[UInt8]] = [
    [0], [0x7F], [0x80], [0xFF], [0xC0, 0x80], [0xE0, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x9F],
    [0xF4, 0x90, 0x80, 0x80],
    [0xEF, 0xBB, 0xBF], [0xC2, 0x85], [0xE2, 0x80, 0xA8], [0xE2, 0x80, 0xAE], [0xF0, 0x9F, 0x98, 0x80], [0xCC, 0x81],
    [0x0D, 0x0A], [0x09], [0x1F],
  ]
}
