/// What is wrong with one field of an object.
struct FieldFault: Hashable, Sendable {
  /// From the object's root: `spec.tracing.samplingRate`.
  let path: String
  /// What is wrong with which value, and what to do.
  let message: String

  init(_ path: String, _ message: String) {
    self.path = path
    self.message = message
  }
}

extension [FieldFault] {
  /// The most faults that a condition spells out.
  private static let maximumShown = 16

  /// One text for a condition: `PATH: MESSAGE`, or all of them numbered.
  var summary: String {
    if count == 1 { return "\(self[0].path): \(self[0].message)" }
    let shown = prefix(Self.maximumShown).enumerated()
      .map { "(\($0.offset + 1)) \($0.element.path): \($0.element.message)" }
    let rest = count > shown.count ? " and \(count - shown.count) more" : ""
    return "\(count) problems: " + shown.joined(separator: " ") + rest
  }
}
