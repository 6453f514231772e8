/// What is wrong with one field of an object.
package struct FieldFault: Hashable, Sendable {
  /// What kind of fault it is: the reasons of the conditions.
  package enum Reason: String, Sendable {
    /// The value cannot be used.
    case invalid = "Invalid"
    case refNotPermitted = "RefNotPermitted"
    case backendNotFound = "BackendNotFound"
    case invalidKind = "InvalidKind"
    case unsupportedProtocol = "UnsupportedProtocol"
    case unsupportedValue = "UnsupportedValue"

    init(_ reason: BackendFault.Reason) {
      self = Reason(rawValue: reason.rawValue) ?? .invalid
    }

    /// Whether it is a reference that is at fault, and not what the object itself says.
    var isOfReference: Bool { self != .invalid }
  }

  /// From the object's root: `spec.tracing.samplingRate`.
  package let path: String
  /// What is wrong with which value, and what to do.
  package let message: String
  package let reason: Reason

  package init(_ path: String, _ message: String, reason: Reason = .invalid) {
    self.path = path
    self.message = message
    self.reason = reason
  }
}

extension [FieldFault] {
  /// The most faults that a condition spells out.
  private static let maximumShown = 16

  package mutating func add(_ path: String, _ message: String) {
    append(FieldFault(path, message))
  }

  /// The longest text of one, in characters: all of them together stay below the 32,768 that a condition's message may
  /// have, though a fault may repeat a value of any length.
  private static let maximumLength = 1500

  /// One text for a condition: `PATH: MESSAGE`, or all of them numbered.
  var summary: String {
    if count == 1 { return Self.shortened(self[0]) }
    let shown = prefix(Self.maximumShown).enumerated()
      .map { "(\($0.offset + 1)) \(Self.shortened($0.element))" }
    let rest = count > shown.count ? " and \(count - shown.count) more" : ""
    return "\(count) problems: " + shown.joined(separator: " ") + rest
  }

  private static func shortened(_ fault: FieldFault) -> String {
    let text = "\(fault.path): \(fault.message)"
    return text.count > maximumLength ? "\(text.prefix(maximumLength))... (cut off)" : text
  }

  /// `Invalid`, unless every fault is that of a reference; then the reason of the first.
  var reason: FieldFault.Reason {
    allSatisfy(\.reason.isOfReference) ? first?.reason ?? .invalid : .invalid
  }
}
