/// A pull reader of one JSON document: the caller asks for what it expects, in the document's order.
///
/// One pass over the bytes; nothing is built but what is asked for. Paths cost nothing while all goes well: an error is
/// given the key or index of each object and array that it leaves. After an error the reader is of no further use.
///
/// ```swift
/// try reader.readObject { reader, key throws(JSONError) in  // Swift infers no typed throws for a closure
///   switch key {
///   case "path": path = try reader.readString()
///   default: try reader.skipUnknownField(key)
///   }
/// }
/// ```
///
/// - Keys that stand twice: the closure of `readObject` sees both, so in a decoder that assigns fields the last one
///   counts. The API server does the same.
/// - A lone surrogate (`\uD800`) becomes U+FFFD, as the API server's decoder has it. Bytes that are no UTF-8 are an
///   error: API servers never send them.
package struct JSONReader: Sendable {
  /// How many objects and arrays may stand inside each other unless the caller says otherwise.
  package static let defaultDepthLimit = 128

  let bytes: ArraySlice<UInt8>
  /// The distance of the next unread byte from the beginning of `bytes`.
  private(set) var position = 0
  /// How many more objects and arrays may be entered.
  private var depth: Int
  private let recordsUnknownFields: Bool
  /// The paths of the fields that `skipUnknownField` passed, where the reader was asked to record them.
  package private(set) var unknownFields: [String] = []

  /// - Parameters:
  ///   - depthLimit: how many objects and arrays may stand inside each other.
  ///   - recordsUnknownFields: whether `skipUnknownField` fills `unknownFields`.
  package init(
    _ bytes: [UInt8], depthLimit: Int = JSONReader.defaultDepthLimit, recordsUnknownFields: Bool = false
  ) {
    self.init(bytes[...], depthLimit: depthLimit, recordsUnknownFields: recordsUnknownFields)
  }

  /// Offsets in errors count from the beginning of the slice.
  package init(
    _ bytes: ArraySlice<UInt8>, depthLimit: Int = JSONReader.defaultDepthLimit, recordsUnknownFields: Bool = false
  ) {
    self.bytes = bytes
    self.depth = depthLimit
    self.recordsUnknownFields = recordsUnknownFields
  }

  /// The distance in bytes of what comes next from the beginning of the document.
  package var offset: Int { position }

  // MARK: Objects and arrays

  /// Reads an object; the closure is called for each member in turn and reads its value.
  ///
  /// A value that the closure leaves unread is skipped.
  package mutating func readObject(
    _ field: (inout JSONReader, JSONKey) throws(JSONError) -> Void
  ) throws(JSONError) {
    try open(.object, UInt8(ascii: "{"))
    if consume(UInt8(ascii: "}")) { return close() }
    repeat {
      let key = try readKey()
      let start = position
      let known = unknownFields.count
      do {
        try field(&self, key)
        if position == start { try skipValue() }
      } catch {
        throw error.inside(key: key)
      }
      if unknownFields.count > known { qualifyUnknownFields(from: known, JSONPath.component(key: key.string)) }
    } while consume(UInt8(ascii: ","))
    guard consume(UInt8(ascii: "}")) else { throw expected("a comma or } after a member") }
    close()
  }

  /// Reads an array; the closure is called for each element with its index and reads it.
  ///
  /// An element that the closure leaves unread is skipped.
  package mutating func readArray(
    _ element: (inout JSONReader, Int) throws(JSONError) -> Void
  ) throws(JSONError) {
    try open(.array, UInt8(ascii: "["))
    if consume(UInt8(ascii: "]")) { return close() }
    var index = 0
    repeat {
      skipWhiteSpace()
      let start = position
      let known = unknownFields.count
      do {
        try element(&self, index)
        if position == start { try skipValue() }
      } catch {
        throw error.inside(index: index)
      }
      if unknownFields.count > known { qualifyUnknownFields(from: known, JSONPath.component(index: index)) }
      index += 1
    } while consume(UInt8(ascii: ","))
    guard consume(UInt8(ascii: "]")) else { throw expected("a comma or ] after an element") }
    close()
  }

  private mutating func open(_ kind: JSONKind, _ bracket: UInt8) throws(JSONError) {
    skipWhiteSpace()
    guard bytes.span.byte(at: position) == bracket else { throw mismatch(kind) }
    guard depth > 0 else { throw bytes.span.tooDeep(at: position) }
    depth -= 1
    position += 1
  }

  private mutating func close() {
    depth += 1
  }

  /// Reads a key and the colon, and stops at the value.
  private mutating func readKey() throws(JSONError) -> JSONKey {
    skipWhiteSpace()
    guard bytes.span.byte(at: position) == UInt8(ascii: "\"") else { throw expected("a key in quotes") }
    let start = position + 1
    let (quote, hasEscapes) = try bytes.span.endOfString(from: start)
    position = quote + 1
    guard consume(UInt8(ascii: ":")) else { throw expected("a colon after the key") }
    skipWhiteSpace()
    return JSONKey(bytes: hasEscapes ? unescaped(start..<quote)[...] : slice(start..<quote))
  }

  private mutating func qualifyUnknownFields(from first: Int, _ component: String) {
    for index in first..<unknownFields.count {
      unknownFields[index] = JSONPath.join(component, unknownFields[index])
    }
  }

  // MARK: Scalars

  /// Reads a string.
  package mutating func readString() throws(JSONError) -> String {
    skipWhiteSpace()
    guard bytes.span.byte(at: position) == UInt8(ascii: "\"") else { throw mismatch(.string) }
    let start = position + 1
    let (quote, hasEscapes) = try bytes.span.endOfString(from: start)
    position = quote + 1
    return hasEscapes
      ? String(decoding: unescaped(start..<quote), as: UTF8.self)
      : String(decoding: slice(start..<quote), as: UTF8.self)
  }

  /// Reads a string that is nearly always this one, and then takes no memory of its own.
  package mutating func readString(expecting known: String) throws(JSONError) -> String {
    skipWhiteSpace()
    let (start, end) = (position + 1, position + 1 + known.utf8.count)
    guard bytes.span.byte(at: position) == UInt8(ascii: "\""), bytes.span.byte(at: end) == UInt8(ascii: "\""),
      slice(start..<end).elementsEqual(known.utf8)
    else { return try readString() }
    position = end + 1
    return known
  }

  /// Reads `true` or `false`.
  package mutating func readBool() throws(JSONError) -> Bool {
    skipWhiteSpace()
    switch bytes.span.byte(at: position) {
    case UInt8(ascii: "t"):
      position = try bytes.span.endOfLiteral("true", from: position)
      return true
    case UInt8(ascii: "f"):
      position = try bytes.span.endOfLiteral("false", from: position)
      return false
    default:
      throw mismatch(.bool)
    }
  }

  /// Consumes a `null` if there is one: Kubernetes takes a field that is null for one that is absent.
  package mutating func readNull() throws(JSONError) -> Bool {
    skipWhiteSpace()
    guard bytes.span.byte(at: position) == UInt8(ascii: "n") else { return false }
    position = try bytes.span.endOfLiteral("null", from: position)
    return true
  }

  /// The kind of the next value, which stays unread.
  package mutating func peekKind() throws(JSONError) -> JSONKind {
    skipWhiteSpace()
    guard let byte = bytes.span.byte(at: position), let kind = JSONKind(firstByte: byte) else {
      throw bytes.span.unexpected(at: position)
    }
    return kind
  }

  // MARK: Passing over

  /// Passes over a value that nobody needs; it is checked all the same.
  package mutating func skipValue() throws(JSONError) {
    position = try bytes.span.endOfValue(from: position, depth: depth)
  }

  /// Passes over the value of a key that does not belong in its object.
  package mutating func skipUnknownField(_ key: JSONKey) throws(JSONError) {
    try skipValue()
    // The enclosing `readObject` puts the key in front.
    if recordsUnknownFields { unknownFields.append("") }
  }

  /// Reads a value as the bytes that it is made of, without white space around it.
  package mutating func readRaw() throws(JSONError) -> ArraySlice<UInt8> {
    skipWhiteSpace()
    let start = position
    try skipValue()
    return slice(start..<position)
  }

  /// Checks that nothing but white space is left.
  package mutating func readEnd() throws(JSONError) {
    skipWhiteSpace()
    guard position == bytes.count else { throw expected("the end of the document") }
  }

  // MARK: Errors

  /// An error for decoders that know more than the grammar.
  ///
  /// - Parameter offset: where the faulty value begins; nil for what comes next.
  package func error(_ message: String, at offset: Int? = nil) -> JSONError {
    JSONError(offset: offset ?? position, message: message)
  }

  private func expected(_ what: String) -> JSONError {
    bytes.span.expected(what, at: position)
  }

  /// The next value is not of the kind that it should be.
  func mismatch(_ expected: JSONKind) -> JSONError {
    guard let byte = bytes.span.byte(at: position), let found = JSONKind(firstByte: byte) else {
      return bytes.span.unexpected(at: position)
    }
    return JSONError(offset: position, expected: expected, found: found)
  }

  // MARK: Bytes

  @inline(__always)
  mutating func skipWhiteSpace() {
    // What API servers send has no white space.
    guard let byte = bytes.span.byte(at: position), byte <= 0x20 else { return }
    position = bytes.span.endOfWhiteSpace(from: position)
  }

  /// Consumes a byte if it comes next after white space.
  private mutating func consume(_ byte: UInt8) -> Bool {
    skipWhiteSpace()
    guard bytes.span.byte(at: position) == byte else { return false }
    position += 1
    return true
  }

  /// Moves over a token that was just read.
  mutating func advance(to end: Int) {
    position = end
  }

  /// The bytes at distances from the beginning.
  func slice(_ range: Range<Int>) -> ArraySlice<UInt8> {
    bytes[bytes.startIndex + range.lowerBound..<bytes.startIndex + range.upperBound]
  }
}
