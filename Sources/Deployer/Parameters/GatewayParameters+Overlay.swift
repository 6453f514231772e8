import KubernetesAPI

extension GatewayParameters {
  /// These parameters with others over them, as ``ProxyParameters`` says.
  func overlaid(with other: GatewayParameters) -> GatewayParameters {
    var result = self
    result.metadata = other.metadata
    result.image = image.overlaid(with: other.image)
    if other.replicas != nil || other.autoscaling != nil {
      result.replicas = other.replicas
      result.autoscaling = other.autoscaling
    }
    result.podDisruptionBudget = other.podDisruptionBudget ?? podDisruptionBudget
    result.resources.requests = resources.requests.overlaid(with: other.resources.requests)
    result.resources.limits = resources.limits.overlaid(with: other.resources.limits)
    result.service = service.overlaid(with: other.service)
    result.pod = pod.overlaid(with: other.pod)
    result.env = env.replaced(by: other.env)
    result.logLevel = other.logLevel ?? logLevel
    result.drainDuration = other.drainDuration ?? drainDuration
    if !other.stats.include.isEmpty || !other.stats.exclude.isEmpty {
      result.stats.include = other.stats.include
      result.stats.exclude = other.stats.exclude
    }
    result.stats.tags = stats.tags.replaced(by: other.stats.tags)
    return result
  }
}

extension GatewayParameters.Image {
  fileprivate func overlaid(with other: Self) -> Self {
    var result = self
    result.repository = other.repository ?? repository
    if other.tag != nil || other.digest != nil {
      result.tag = other.tag
      result.digest = other.digest
    }
    result.pullPolicy = other.pullPolicy ?? pullPolicy
    result.pullSecrets = pullSecrets.replaced(by: other.pullSecrets)
    return result
  }
}

extension GatewayParameters.ServiceSettings {
  fileprivate func overlaid(with other: Self) -> Self {
    var result = self
    result.type = other.type ?? type
    result.labels = labels.overlaid(with: other.labels)
    result.annotations = annotations.overlaid(with: other.annotations)
    result.externalTrafficPolicy = other.externalTrafficPolicy ?? externalTrafficPolicy
    result.loadBalancerClass = other.loadBalancerClass ?? loadBalancerClass
    return result
  }
}

extension GatewayParameters.Pod {
  fileprivate func overlaid(with other: Self) -> Self {
    var result = self
    result.labels = labels.overlaid(with: other.labels)
    result.annotations = annotations.overlaid(with: other.annotations)
    result.nodeSelector = nodeSelector.overlaid(with: other.nodeSelector)
    result.tolerations = tolerations.replaced(by: other.tolerations)
    result.affinity = other.affinity ?? affinity
    result.topologySpreadConstraints = topologySpreadConstraints.replaced(by: other.topologySpreadConstraints)
    result.priorityClassName = other.priorityClassName ?? priorityClassName
    result.terminationGracePeriodSeconds = other.terminationGracePeriodSeconds ?? terminationGracePeriodSeconds
    return result
  }
}

extension [String: String] {
  /// Both; where a key stands in both, the other's value.
  func overlaid(with other: Self) -> Self { merging(other) { _, new in new } }
}

extension Array {
  /// The other list, or this one where that is empty.
  fileprivate func replaced(by other: Self) -> Self { other.isEmpty ? self : other }
}
