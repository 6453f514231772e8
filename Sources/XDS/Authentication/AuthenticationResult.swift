/// How the authentication of a stream ended.
package enum AuthenticationResult: Sendable, Hashable, CaseIterable {
  /// The stream is bound to its Gateway.
  case accepted
  /// There is no bearer token.
  case missing
  /// The token is malformed, expired, for another audience, or of no user at all.
  case invalid
  /// The token is good, but its user is not the ServiceAccount of a Gateway that is served.
  case forbidden
  /// Too many attempts from this address failed.
  case limited
  /// Nobody could be asked.
  case unavailable
}
