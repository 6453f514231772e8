/// What is wrong with a document, and where.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The field, from the root: `spec.accessLog[1].fileSink.path`. Empty for the root itself.
  ///
  /// A key of other characters than letters, digits, `_`, `-` and `$` is quoted: `metadata.labels["app.kubernetes.io/name"]`.
  package private(set) var path: String
  /// The distance in bytes from the beginning of the document.
  package let offset: Int
  /// Without the path: `expected a string, found a number`.
  package let message: String
  /// The kind that was wanted, where the error is that a value is of another kind.
  package let expected: JSONKind?
  /// The kind that stands there, where the error is that a value is of another kind.
  package let found: JSONKind?

  /// An error that is not about the kind of a value.
  package init(path: String = "", offset: Int, message: String) {
    self.path = path
    self.offset = offset
    self.message = message
    expected = nil
    found = nil
  }

  /// `expected a string, found a number`.
  package init(path: String = "", offset: Int, expected: JSONKind, found: JSONKind) {
    self.path = path
    self.offset = offset
    message = "expected \(expected), found \(found)"
    self.expected = expected
    self.found = found
  }

  /// The path, a colon, and the message.
  package var description: String {
    path.isEmpty ? message : "\(path): \(message)"
  }

  /// The same error as seen from the object that has the faulty value under a key.
  func inside(key: JSONKey) -> JSONError {
    var outer = self
    outer.path = JSONPath.join(JSONPath.component(key: key.string), path)
    return outer
  }

  /// The same error as seen from the array that has the faulty value as an element.
  func inside(index: Int) -> JSONError {
    var outer = self
    outer.path = JSONPath.join(JSONPath.component(index: index), path)
    return outer
  }
}
