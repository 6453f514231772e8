extension HTTPListenerPolicy {
  /// The fields that set the connection manager of a listener. All nil when absent; values are as written.
  package struct ListenerSettings: Hashable, Sendable {
    /// `upgradeConfig.enabledUpgrades`.
    package var enabledUpgrades: [String]?
    package var useRemoteAddress: Bool?
    package var xffNumTrustedHops: Int?
    /// `Overwrite`, `AppendIfAbsent` or `PassThrough`.
    package var serverHeaderTransformation: String?
    /// In Go's form, as all durations: `1m30s`.
    package var streamIdleTimeout: String?
    package var idleTimeout: String?
    /// `healthCheck.path`.
    package var healthCheckPath: String?
    package var preserveHttp1HeaderCase: Bool?
    package var acceptHttp10: Bool?
    package var defaultHostForHttp10: String?

    package init(
      enabledUpgrades: [String]? = nil, useRemoteAddress: Bool? = nil, xffNumTrustedHops: Int? = nil,
      serverHeaderTransformation: String? = nil, streamIdleTimeout: String? = nil, idleTimeout: String? = nil,
      healthCheckPath: String? = nil, preserveHttp1HeaderCase: Bool? = nil, acceptHttp10: Bool? = nil,
      defaultHostForHttp10: String? = nil
    ) {
      self.enabledUpgrades = enabledUpgrades
      self.useRemoteAddress = useRemoteAddress
      self.xffNumTrustedHops = xffNumTrustedHops
      self.serverHeaderTransformation = serverHeaderTransformation
      self.streamIdleTimeout = streamIdleTimeout
      self.idleTimeout = idleTimeout
      self.healthCheckPath = healthCheckPath
      self.preserveHttp1HeaderCase = preserveHttp1HeaderCase
      self.acceptHttp10 = acceptHttp10
      self.defaultHostForHttp10 = defaultHostForHttp10
    }
  }
}
