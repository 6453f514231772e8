/// A place in a YAML text; lines and columns count from 1, columns in characters.
package struct YAMLPosition: Sendable, Hashable, CustomStringConvertible {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// `line:column`.
  package var description: String { "\(line):\(column)" }
}

/// What is wrong with a YAML text, and where.
package struct YAMLError: Error, Sendable, Hashable, CustomStringConvertible {
  package let position: YAMLPosition
  /// In plain words, with what to do where that is known.
  package let message: String

  package init(position: YAMLPosition, message: String) {
    self.position = position
    self.message = message
  }

  /// From 1.
  package var line: Int { position.line }
  /// From 1, in characters.
  package var column: Int { position.column }

  /// `line:column: message`; a caller puts the file's name and a colon in front.
  package var description: String { "\(position): \(message)" }
}
