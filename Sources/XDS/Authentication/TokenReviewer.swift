/// Asks somebody who knows, the Kubernetes API server, whose a bearer token is.
package protocol TokenReviewer: Sendable {
  /// Has to come to an end within a bounded time: there are so many reviews at a time and no more.
  ///
  /// - Throws: if it cannot be told now. The error's description is logged; it must not hold the token.
  func review(token: String) async throws -> TokenVerdict
}

/// What is made of a bearer token.
package enum TokenVerdict: Sendable, Hashable {
  /// It is good for us, and its user's.
  case accepted(user: String)
  /// It is not, and why, for our log.
  case refused(reason: String)
}
