/// One condition of a status (`metav1.Condition`).
package struct Condition: Hashable, Sendable {
  package enum Status: String, Sendable {
    case yes = "True"
    case no = "False"
    case unknown = "Unknown"
  }

  package var type: String
  package var status: Status
  /// One CamelCase word for programs.
  package var reason: String
  /// For people.
  package var message: String
  /// The generation of the object that was judged.
  package var observedGeneration: Int
  /// RFC 3339, when `status` last changed. Empty in a condition that was never written: whoever writes it knows what
  /// is stored, and so whether this is a change.
  package var lastTransitionTime: String

  package init(
    type: String, status: Status, reason: String, message: String = "", observedGeneration: Int = 0,
    lastTransitionTime: String = ""
  ) {
    self.type = type
    self.status = status
    self.reason = reason
    self.message = message
    self.observedGeneration = observedGeneration
    self.lastTransitionTime = lastTransitionTime
  }
}
