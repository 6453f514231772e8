/// Why the API server's answer is not the one that was asked for.
///
/// Where there is no answer, the client throws ``TransportError`` and ``CredentialsError`` as they are.
package enum KubernetesError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The server refuses. `request` is method and path.
  case status(Status, request: String)
  /// The answer cannot be read; with what is wrong in it.
  case malformedAnswer(String, request: String)

  package var description: String {
    switch self {
    case .status(let status, let request): "\(request): \(status)"
    case .malformedAnswer(let problem, let request): "\(request): the answer cannot be read: \(problem)"
    }
  }
}
