import KubernetesAPI
import KubernetesClient
import Logging
import Synchronization

/// Says in the log what keeps the API server from being watched: once when it comes up and once when it is over,
/// however many kinds it concerns and however often it is tried again.
final class WatchTroubleLog: Sendable {
  /// What counts as the same trouble.
  fileprivate struct Trouble: Hashable {
    let reason: WatchRestart.Reason
    /// nil where the reason lies with the server as a whole, and so is the same for every kind.
    let kind: KubernetesKind?
  }

  private let logger: Logger
  private let standing = Mutex<[KubernetesKind: Trouble]>([:])

  init(logger: Logger) { self.logger = logger }

  func note(_ restart: WatchRestart, of kind: KubernetesKind) {
    guard let trouble = Trouble(restart.reason, of: kind) else {
      logger.debug("\(kind.rawValue): watch begins anew (\(restart.reason.rawValue))")
      return
    }
    let isNew = standing.withLock { standing in
      let isNew = !standing.values.contains(trouble)
      standing[kind] = trouble
      return isNew
    }
    logger.log(
      level: isNew ? .warning : .debug,
      "the Kubernetes API cannot be watched: \(restart.message)\(restart.reason.advice); trying again",
      metadata: ["kind": "\(kind.rawValue)", "reason": "\(restart.reason.rawValue)", "delay": "\(restart.delay)"])
  }

  /// The server takes requests for the kind again.
  func noteRecovery(of kind: KubernetesKind) {
    let isOver = standing.withLock { $0.removeValue(forKey: kind) != nil && $0.isEmpty }
    if isOver { logger.notice("the Kubernetes API can be watched again") }
  }
}

extension WatchTroubleLog.Trouble {
  /// nil for what is no trouble but the course of things.
  fileprivate init?(_ reason: WatchRestart.Reason, of kind: KubernetesKind) {
    switch reason {
    case .ended, .expired, .absent, .overrun: return nil
    case .disconnected, .untrusted, .stalled, .throttled, .unauthorized: self.init(reason: reason, kind: nil)
    case .forbidden, .malformed, .refused: self.init(reason: reason, kind: kind)
    }
  }
}

extension WatchRestart.Reason {
  /// What to do about it, where the message does not say so.
  fileprivate var advice: String {
    switch self {
    case .unauthorized: " (check the token or certificate of the kubeconfig's user, or the pod's ServiceAccount)"
    case .forbidden: " (the operator's role must allow get, list and watch)"
    default: ""
    }
  }
}
