/// One condition of a status (`metav1.Condition`), without the time of its last transition: that belongs to whoever
/// writes it, since only a comparison with what is stored tells whether it changed.
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

  package init(type: String, status: Status, reason: String, message: String = "", observedGeneration: Int = 0) {
    self.type = type
    self.status = status
    self.reason = reason
    self.message = message
    self.observedGeneration = observedGeneration
  }
}
