/// Cuts the items out of a list's body as it arrives, and keeps the rest, the list without its items.
///
/// The rest is a small JSON document of its own, so that the list's metadata may stand before or behind the items.
struct ListScanner {
  private enum Phase {
    /// In the list object, outside of its items.
    case envelope
    /// Between the brackets of `items`.
    case items
    /// Behind the list object.
    case end
  }

  /// Bytes that the list may have without its items.
  private static let envelopeLimit = 1024 * 1024

  private var phase = Phase.envelope
  private var cutter: ValueCutter
  private var chunk: [UInt8] = []
  private var position = 0
  private var envelope: [UInt8] = []
  private var scan = EnvelopeScan()

  init(limit: Int) {
    cutter = ValueCutter(limit: limit)
  }

  /// Takes the next bytes; ``next()`` must have returned nil before.
  mutating func append(_ bytes: [UInt8]) {
    chunk = bytes
    position = 0
  }

  /// The next item; nil when it has not arrived wholly yet, and at the end.
  mutating func next() throws(StreamError) -> ArraySlice<UInt8>? {
    while position < chunk.count {
      switch phase {
      case .envelope: try scanEnvelope()
      case .items:
        if cutter.isInsideValue || isAtItem() {
          if let item = try cutter.cut(chunk, at: &position) { return item }
        }
      case .end:
        guard chunk[position].isWhiteSpace else { throw .garbage(in: chunk[position...]) }
        position += 1
      }
    }
    return nil
  }

  /// To be called at the body's end: the list object with its items left out.
  func finish() throws(StreamError) -> [UInt8] {
    guard phase == .end else { throw .cutShort }
    return envelope
  }

  /// Moves over what stands between items; true at the first byte of one.
  private mutating func isAtItem() -> Bool {
    while position < chunk.count {
      let byte = chunk[position]
      if byte == UInt8(ascii: "]") {
        phase = .envelope
        return false
      }
      guard byte.isWhiteSpace || byte == UInt8(ascii: ",") else { return true }
      position += 1
    }
    return false
  }

  private mutating func scanEnvelope() throws(StreamError) {
    while position < chunk.count, phase == .envelope {
      let byte = chunk[position]
      if scan.depth == 0, byte != UInt8(ascii: "{"), !byte.isWhiteSpace { throw .garbage(in: chunk[position...]) }
      position += 1
      guard envelope.count < Self.envelopeLimit else { throw .tooLarge(limit: Self.envelopeLimit) }
      envelope.append(byte)
      switch scan.advance(over: byte) {
      case .itemsBegin: phase = .items
      case .objectEnds: phase = .end
      case nil: break
      }
    }
  }
}

/// Follows the list object byte by byte, to know the `[` of its own `items` from any other.
private struct EnvelopeScan {
  enum Mark {
    case itemsBegin, objectEnds
  }

  private(set) var depth = 0
  private var isInString = false
  private var isEscaped = false
  /// Of the list object's own members: whether a key comes next, and the key of the value that comes next.
  private var expectsKey = false
  private var key: [UInt8] = []

  private static let items = Array("items".utf8)

  mutating func advance(over byte: UInt8) -> Mark? {
    if isInString {
      advanceInString(over: byte)
      return nil
    }
    switch byte {
    case UInt8(ascii: "\""):
      isInString = true
      if depth == 1, expectsKey { key = [] }
    case UInt8(ascii: ":"):
      if depth == 1 { expectsKey = false }
    case UInt8(ascii: ","):
      if depth == 1 { expectsKey = true }
    case UInt8(ascii: "{"):
      depth += 1
      if depth == 1 { expectsKey = true }
    case UInt8(ascii: "["):
      depth += 1
      if depth == 2, !expectsKey, key == Self.items {
        key = []
        return .itemsBegin
      }
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      if depth == 0 { return .objectEnds }
    default:
      break
    }
    return nil
  }

  private mutating func advanceInString(over byte: UInt8) {
    if isEscaped {
      isEscaped = false
    } else if byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") {
      isInString = false
      return
    }
    // One byte more than the key that is looked for is enough to tell that it is another.
    if depth == 1, expectsKey, key.count <= Self.items.count { key.append(byte) }
  }
}
