/// Why there are no credentials for an API server: one line, with what to do. Never holds a secret.
package struct CredentialsError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file or the environment that was read.
  package let source: String
  package let problem: String
  /// What to do about it; may be empty.
  package let advice: String

  package init(_ source: String, _ problem: String, advice: String = "") {
    self.source = source
    self.problem = problem
    self.advice = advice
  }

  package var description: String {
    advice.isEmpty ? "\(source): \(problem)" : "\(source): \(problem) (\(advice))"
  }
}
