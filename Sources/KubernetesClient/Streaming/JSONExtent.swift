package import KubernetesAPI

/// Finds where one JSON value ends, over any split of its bytes.
///
/// It looks at brackets and strings only; whether the bytes between are JSON, the value's decoder says.
struct JSONExtent {
  private enum State {
    case before, scalar, bracketed, string, escape
  }

  private var state = State.before
  private var depth = 0

  /// The index after the value's last byte; nil when the value goes on behind `limit`. The first byte of a value must
  /// not be white space.
  mutating func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to limit: Int) -> Int? {
    var index = start
    while index < limit {
      let byte = bytes[index]
      switch state {
      case .string:
        if byte == UInt8(ascii: "\"") {
          if depth == 0 { return index + 1 }
          state = .bracketed
        } else if byte == UInt8(ascii: "\\") {
          state = .escape
        }
      case .escape:
        state = .string
      case .scalar:
        if byte.isWhiteSpace || Self.delimiters.contains(byte) { return index }
      case .before, .bracketed:
        if advance(over: byte) { return index + 1 }
      }
      index += 1
    }
    return nil
  }

  /// True when the byte closes the value.
  private mutating func advance(over byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""):
      state = .string
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      state = .bracketed
      depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      return depth <= 0
    default:
      if state == .before { state = .scalar }
    }
    return false
  }

  private static let delimiters = [UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}")]
}

/// Cuts values out of chunks: a value within one chunk is a slice of it, one that spans several is put together.
struct ValueCutter {
  /// Bytes that a value may have.
  let limit: Int
  private var extent = JSONExtent()
  private var carry: [UInt8] = []

  init(limit: Int) {
    self.limit = limit
  }

  /// True between the chunks of one value.
  var isInsideValue: Bool { !carry.isEmpty }

  /// The value that begins (or goes on) at `position`, which moves behind it; nil when the chunk ends first.
  mutating func cut(_ chunk: [UInt8], at position: inout Int) throws(StreamError) -> ArraySlice<UInt8>? {
    try cut(chunk, at: &position, to: chunk.count)
  }

  /// The same in the part of the chunk that ends at `limit`.
  mutating func cut(
    _ chunk: [UInt8], at position: inout Int, to limit: Int
  ) throws(StreamError) -> ArraySlice<UInt8>? {
    let start = position
    let end = chunk.withUnsafeBufferPointer { extent.end(in: $0, from: start, to: limit) }
    position = end ?? limit
    if end != nil, carry.isEmpty {
      extent = JSONExtent()
      return chunk[start..<position]
    }
    guard carry.count + position - start <= self.limit else { throw .tooLarge(limit: self.limit) }
    carry += chunk[start..<position]
    guard end != nil else { return nil }
    extent = JSONExtent()
    defer { carry = [] }
    return carry[...]
  }

  /// What has come of a value whose end did not.
  var unfinished: ArraySlice<UInt8> { carry[...] }
}

/// Why the bytes of a list or a watch cannot be taken apart.
package enum StreamError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The stream ended within a value.
  case cutShort
  /// Something else than an object stands where one must; with its first bytes.
  case garbage(String)
  /// A value has more bytes than any object may have.
  case tooLarge(limit: Int)
  /// The line of a watch event ends before the event does; with its object, as far as that can be told, and its first
  /// bytes.
  case brokenEvent(NamespacedName?, String)

  package var description: String {
    switch self {
    case .cutShort: "the answer ended in the middle of an object"
    case .garbage(let excerpt): "expected a JSON object, found \(excerpt)"
    case .tooLarge(let limit): "an object has more than \(limit) bytes"
    case .brokenEvent(let id?, _): "the event about \(id) breaks off in its middle"
    case .brokenEvent(nil, let excerpt): "an event breaks off in its middle: \(excerpt)"
    }
  }

  static func garbage(in bytes: ArraySlice<UInt8>) -> StreamError { .garbage(excerpt(of: bytes)) }

  static func brokenEvent(_ bytes: ArraySlice<UInt8>) -> StreamError {
    .brokenEvent(ObjectIdentity(ofEvent: bytes).id, excerpt(of: bytes))
  }

  private static func excerpt(of bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix(40), as: UTF8.self).debugDescription
  }
}

extension UInt8 {
  /// White space as JSON has it.
  var isWhiteSpace: Bool {
    self == UInt8(ascii: " ") || self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r") || self == UInt8(ascii: "\t")
  }
}
