#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Cuts the events out of a watch's body as it arrives: one JSON object after the other.
///
/// An API server ends each event with a newline, and writes none within one: JSON has no newline inside a string, and
/// what it streams is not indented. So an event that has not ended with its line never will. Were it waited for, all
/// that follows would be taken for a part of it until the watch ends.
struct WatchScanner {
  private var cutter: ValueCutter
  private var chunk: [UInt8] = []
  private var position = 0
  /// Where the line ends that `position` is in, or was in last: at its newline, or at the chunk's end.
  private var lineEnd = 0

  init(limit: Int) {
    cutter = ValueCutter(limit: limit)
  }

  /// Takes the next bytes; ``next()`` must have returned nil before.
  mutating func append(_ bytes: [UInt8]) {
    chunk = bytes
    position = 0
    lineEnd = 0
    findLineEnd()
  }

  /// The next event; nil when it has not arrived wholly yet.
  mutating func next() throws(StreamError) -> ArraySlice<UInt8>? {
    if !cutter.isInsideValue {
      while position < chunk.count, chunk[position].isWhiteSpace { position += 1 }
      guard position < chunk.count else { return nil }
      guard chunk[position] == UInt8(ascii: "{") else { throw .garbage(in: chunk[position...]) }
      // Once a line, however many events stand in it.
      if position > lineEnd { findLineEnd() }
    }
    if let event = try cutter.cut(chunk, at: &position, to: lineEnd) { return event }
    guard lineEnd < chunk.count else { return nil }
    throw .brokenEvent(cutter.unfinished)
  }

  private mutating func findLineEnd() {
    let start = position
    lineEnd = chunk.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, start < bytes.count,
        // Within the chunk: `start` and the length are checked against it.
        let newline = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
      else { return bytes.count }
      return UnsafeRawPointer(newline) - base
    }
  }

  /// To be called at the body's end.
  func finish() throws(StreamError) {
    if cutter.isInsideValue { throw .cutShort }
  }
}
