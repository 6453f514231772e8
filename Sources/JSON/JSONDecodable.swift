/// A type that reads itself from a `JSONReader`.
package protocol JSONDecodable {
  /// Reads one value, and leaves the reader after it.
  init(from reader: inout JSONReader) throws(JSONError)
}

extension JSONReader {
  /// Reads an array whose elements are all of one type.
  package mutating func readArray<Element: JSONDecodable>(
    of type: Element.Type = Element.self
  ) throws(JSONError) -> [Element] {
    var elements: [Element] = []
    try readArray { reader, _ throws(JSONError) in elements.append(try Element(from: &reader)) }
    return elements
  }

  /// Reads an array of strings.
  package mutating func readStrings() throws(JSONError) -> [String] {
    var strings: [String] = []
    try readArray { reader, _ throws(JSONError) in strings.append(try reader.readString()) }
    return strings
  }
}
