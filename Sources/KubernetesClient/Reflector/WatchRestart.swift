/// Why a list or a watch ended, and what comes next; for logs and metrics.
package struct WatchRestart: Sendable, Hashable {
  /// Few and fixed, so that they can be a metric's label.
  package enum Reason: String, Sendable, CaseIterable {
    /// The server ended the watch, as it does every few minutes.
    case ended
    /// The server no longer knows the state that was asked for (410).
    case expired
    /// The server was silent for too long.
    case stalled
    /// There is no connection, or it broke.
    case disconnected
    /// The server's certificate is not trusted, it does not take ours, or TLS fails otherwise.
    case untrusted
    /// The consumer fell so far behind the server that the watch was given up.
    case overrun
    /// The answer cannot be taken apart.
    case malformed
    /// The server asks for time (429, 503).
    case throttled
    /// The server does not know who is asking (401), or the credentials cannot be read.
    case unauthorized
    /// The server does not allow it (403).
    case forbidden
    /// The server does not have the kind (404).
    case absent
    /// Any other refusal.
    case refused
  }

  package var kind: String
  package var reason: Reason
  /// What went wrong, for people; empty where nothing did.
  package var message: String
  /// How long the reflector waits before it goes on.
  package var delay: Duration

  package init(kind: String, reason: Reason, message: String, delay: Duration) {
    self.kind = kind
    self.reason = reason
    self.message = message
    self.delay = delay
  }
}

/// A list or a watch that did not come to its end.
struct WatchFailure: Sendable, Hashable {
  var reason: WatchRestart.Reason
  var message: String
  /// When the server asks not to be asked again before.
  var retryAfter: Duration?

  init(_ reason: WatchRestart.Reason, _ message: String = "", retryAfter: Duration? = nil) {
    self.reason = reason
    self.message = message
    self.retryAfter = retryAfter
  }

  init(_ error: any Error) {
    switch error {
    case let error as KubernetesError:
      self.init(error)
    case let error as TransportError:
      self.init(Self.reason(of: error), error.description)
    case let error as CredentialsError:
      self.init(.unauthorized, error.description)
    default:
      self.init(.disconnected, "\(error)")
    }
  }

  private init(_ error: KubernetesError) {
    guard case .status(let status, _) = error else {
      self.init(.malformed, error.description)
      return
    }
    let reason: WatchRestart.Reason
    switch status.code {
    case 410: reason = .expired
    case 401: reason = .unauthorized
    case 403: reason = .forbidden
    case 404: reason = .absent
    case 429, 503: reason = .throttled
    default: reason = .refused
    }
    let retryAfter = status.retryAfterSeconds.map { Duration.seconds(min($0, 300)) }
    self.init(reason, error.description, retryAfter: retryAfter)
  }

  private static func reason(of error: TransportError) -> WatchRestart.Reason {
    switch error.reason {
    case .idle: .stalled
    case .tls: .untrusted
    case .overrun: .overrun
    case .malformedResponse: .malformed
    default: .disconnected
    }
  }
}
