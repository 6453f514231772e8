/// How a translation or a reconciliation ended.
package enum OperationStatus: String, MetricLabelValue {
  case success
  case failed

  package static let name = "status"
}

/// The type of an Envoy resource.
package enum XDSTypeLabel: String, MetricLabelValue {
  case cluster
  case endpoint
  case listener
  case route

  package static let name = "type"
}

/// A kind of which objects can be refused.
package enum RefusedKindLabel: String, MetricLabelValue {
  case gateway = "Gateway"
  case gatewayParameters = "GatewayParameters"
  case httpListenerPolicy = "HTTPListenerPolicy"
  case httpRoute = "HTTPRoute"

  package static let name = "kind"
}

/// How the authentication of a proxy's stream ended.
package enum XDSAuthenticationLabel: String, MetricLabelValue {
  /// The stream is bound to its Gateway.
  case accepted
  /// There is no bearer token.
  case missing
  /// The token is malformed, expired, for another audience, or nobody's.
  case invalid
  /// The token is good, but not that of a Gateway that is served.
  case forbidden
  /// Too many attempts from the same address failed.
  case limited
  /// The token could not be checked.
  case unavailable

  package static let name = "result"
}

/// What became of a report of what proxies answered, from a replica to the one that leads.
package enum ReplicaReportResult: String, MetricLabelValue {
  /// The leader took this replica's.
  case sent
  /// It could not be sent, or the leader did not take it.
  case failed
  /// This replica leads, and took another's.
  case received
  /// Another's was not taken: whoever sent it is no replica, this one does not lead, or there is too much of it.
  case refused

  package static let name = "result"
}

/// What a check of a listener found.
package enum ValidationResult: String, MetricLabelValue {
  case accepted
  case refused
  /// The check itself failed; the listener is served all the same.
  case unavailable

  package static let name = "result"
}

/// How a write of an object's status ended.
package enum StatusWriteResult: String, MetricLabelValue {
  case success
  /// The object had changed meanwhile; the write is tried again.
  case conflict
  /// The API server asked for patience; the write is tried again.
  case throttled
  case failed

  package static let name = "result"
}

/// How a write of an object that a Gateway runs on ended.
package enum DeployerWriteResult: String, MetricLabelValue {
  case success
  /// The object had changed meanwhile; the write is tried again.
  case conflict
  /// The API server does not allow it, or not like this; the Gateway's status says why.
  case refused
  case failed

  package static let name = "result"
}

/// A watch that was begun anew: which, and why.
package struct WatchRestartLabels: MetricLabels {
  /// A watched kind.
  package enum Kind: String, MetricLabelValue {
    case gatewayClass = "GatewayClass"
    case gateway = "Gateway"
    case httpRoute = "HTTPRoute"
    case referenceGrant = "ReferenceGrant"
    case httpListenerPolicy = "HTTPListenerPolicy"
    case gatewayParameters = "GatewayParameters"
    case service = "Service"
    case endpointSlice = "EndpointSlice"
    case namespace = "Namespace"
    case serviceAccount = "ServiceAccount"
    case configMap = "ConfigMap"
    case deployment = "Deployment"
    case horizontalPodAutoscaler = "HorizontalPodAutoscaler"
    case podDisruptionBudget = "PodDisruptionBudget"

    package static let name = "kind"
  }

  /// Why a list or a watch was begun anew. The values are those of the client's `WatchRestart.Reason`.
  package enum Reason: String, CaseIterable, Sendable {
    /// The API server ended it, as it does from time to time.
    case ended
    /// Its history is gone (410): the objects are listed again.
    case expired
    /// Nothing came for longer than the bookmark interval.
    case stalled
    /// The connection broke, or could not be made.
    case disconnected
    /// TLS failed: as a rule, a certificate is not trusted.
    case untrusted
    /// This process took its events too slowly: the watch goes on from the last one taken.
    case overrun
    /// What came is not an answer.
    case malformed
    /// The API server asked for patience (429, 503).
    case throttled
    /// The API server does not accept the credentials (401), or they cannot be read.
    case unauthorized
    /// The credentials do not allow it (403).
    case forbidden
    /// The API server does not have the kind (404).
    case absent
    /// The API server answered with another error.
    case refused
  }

  /// The watched kind.
  package let kind: Kind
  /// Why.
  package let reason: Reason

  /// The labels of a restart.
  package init(kind: Kind, reason: Reason) {
    self.kind = kind
    self.reason = reason
  }

  package static let names = ["kind", "reason"]
  package static var all: [WatchRestartLabels] {
    Kind.allCases.flatMap { kind in Reason.allCases.map { WatchRestartLabels(kind: kind, reason: $0) } }
  }
  package var values: [String] { [kind.rawValue, reason.rawValue] }
}
