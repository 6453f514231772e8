/// Cuts the events out of a watch's body as it arrives: one JSON object after the other.
struct WatchScanner {
  private var cutter: ValueCutter
  private var chunk: [UInt8] = []
  private var position = 0

  init(limit: Int) {
    cutter = ValueCutter(limit: limit)
  }

  /// Takes the next bytes; ``next()`` must have returned nil before.
  mutating func append(_ bytes: [UInt8]) {
    chunk = bytes
    position = 0
  }

  /// The next event; nil when it has not arrived wholly yet.
  mutating func next() throws(StreamError) -> ArraySlice<UInt8>? {
    if !cutter.isInsideValue {
      while position < chunk.count, chunk[position].isWhiteSpace { position += 1 }
      guard position < chunk.count else { return nil }
      guard chunk[position] == UInt8(ascii: "{") else { throw .garbage(in: chunk[position...]) }
    }
    return try cutter.cut(chunk, at: &position)
  }

  /// To be called at the body's end.
  func finish() throws(StreamError) {
    if cutter.isInsideValue { throw .cutShort }
  }
}
