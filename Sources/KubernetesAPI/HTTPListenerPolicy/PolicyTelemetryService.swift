extension HTTPListenerPolicy {
  /// Where telemetry is sent, and how; exactly one of `backendRef` and `staticClusterName` is meant to be set.
  package struct TelemetryService: Hashable, Sendable {
    /// A Service of the cluster.
    package var backendRef: HTTPRoute.BackendReference?
    /// An entry of the control plane's own list of static clusters.
    package var staticClusterName: String?
    /// The `:authority` of the calls. Nil: the cluster's name.
    package var authority: String?
    /// In bytes. Nil: no limit.
    package var maxReceiveMessageLength: Int?
    package var skipEnvoyHeaders: Bool?
    /// Of one call, in Go's form: `1m30s`.
    package var timeout: String?
    package var initialMetadata: [HeaderValue]
    package var retryPolicy: RetryPolicy?

    package init(
      backendRef: HTTPRoute.BackendReference? = nil, staticClusterName: String? = nil, authority: String? = nil,
      maxReceiveMessageLength: Int? = nil, skipEnvoyHeaders: Bool? = nil, timeout: String? = nil,
      initialMetadata: [HeaderValue] = [], retryPolicy: RetryPolicy? = nil
    ) {
      self.backendRef = backendRef
      self.staticClusterName = staticClusterName
      self.authority = authority
      self.maxReceiveMessageLength = maxReceiveMessageLength
      self.skipEnvoyHeaders = skipEnvoyHeaders
      self.timeout = timeout
      self.initialMetadata = initialMetadata
      self.retryPolicy = retryPolicy
    }
  }

  package struct HeaderValue: Hashable, Sendable {
    package var key: String
    /// May be a credential; never to be told.
    package var value: String

    package init(key: String, value: String = "") {
      self.key = key
      self.value = value
    }
  }

  package struct RetryPolicy: Hashable, Sendable {
    package var retryBackOff: BackOff?
    /// Nil: 1.
    package var numRetries: Int?

    package init(retryBackOff: BackOff? = nil, numRetries: Int? = nil) {
      self.retryBackOff = retryBackOff
      self.numRetries = numRetries
    }

    package struct BackOff: Hashable, Sendable {
      /// In Go's form.
      package var baseInterval: String
      /// In Go's form. Nil: ten times the base.
      package var maxInterval: String?

      package init(baseInterval: String, maxInterval: String? = nil) {
        self.baseInterval = baseInterval
        self.maxInterval = maxInterval
      }
    }
  }
}
