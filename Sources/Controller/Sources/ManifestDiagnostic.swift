/// Something wrong with a manifest, at the place where a person can mend it.
package struct ManifestDiagnostic: Error, Hashable, Sendable, Comparable, CustomStringConvertible {
  package var file: String
  /// Both count from 1.
  package var line: Int
  package var column: Int
  /// The object, where it could be told.
  package var object: String?
  /// The path of the field, where there is one: `spec.tracing.samplingRate`.
  package var field: String?
  /// What is wrong, and what to do.
  package var message: String

  package init(file: String, line: Int, column: Int, object: String? = nil, field: String? = nil, message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.object = object
    self.field = field
    self.message = message
  }

  /// Of a file or folder of which nothing is known.
  static func unreadable(_ path: String) -> ManifestDiagnostic {
    ManifestDiagnostic(
      file: path, line: 1, column: 1, message: "cannot be read; check that it exists, and its permissions")
  }

  /// `file:line:column: Kind namespace/name: field: message`, so that editors find the place.
  package var description: String {
    ["\(file):\(line):\(column)", object, field, message].compactMap { $0 }.joined(separator: ": ")
  }

  /// By file, then by place.
  package static func < (left: Self, right: Self) -> Bool {
    (left.file, left.line, left.column, left.description) < (right.file, right.line, right.column, right.description)
  }
}
