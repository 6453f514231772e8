package import JSON

/// `gateway.kgateway.dev/v1alpha1` GatewayParameters: how the proxies of Gateways run in the cluster.
///
/// Every field is optional: one object stands behind a GatewayClass and another behind a Gateway, and what neither sets
/// is the operator's default. What Kubernetes itself defines at length (affinity, tolerations ...) is kept as it was
/// written; the deployer checks it.
package struct GatewayParameters: Hashable, Sendable {
  package var metadata: ObjectMeta
  package var image: Image
  package var replicas: Int?
  package var autoscaling: Autoscaling?
  package var podDisruptionBudget: DisruptionBudget?
  package var resources: Resources
  package var service: ServiceSettings
  package var pod: Pod
  package var env: [EnvironmentVariable]
  /// A level of Envoy's own log: `trace`, `debug`, `info`, `warning`, `error`, `critical`, `off`.
  package var logLevel: String?
  /// How long a proxy that ends goes on to answer, in Go's form: `20s`.
  package var drainDuration: String?
  package var stats: Stats

  package init(
    metadata: ObjectMeta, image: Image = Image(), replicas: Int? = nil, autoscaling: Autoscaling? = nil,
    podDisruptionBudget: DisruptionBudget? = nil, resources: Resources = Resources(),
    service: ServiceSettings = ServiceSettings(), pod: Pod = Pod(), env: [EnvironmentVariable] = [],
    logLevel: String? = nil, drainDuration: String? = nil, stats: Stats = Stats()
  ) {
    self.metadata = metadata
    self.image = image
    self.replicas = replicas
    self.autoscaling = autoscaling
    self.podDisruptionBudget = podDisruptionBudget
    self.resources = resources
    self.service = service
    self.pod = pod
    self.env = env
    self.logLevel = logLevel
    self.drainDuration = drainDuration
    self.stats = stats
  }

  /// Envoy's image. What is nil is that of the operator's default image.
  package struct Image: Hashable, Sendable {
    /// Registry and name: `docker.io/envoyproxy/envoy`.
    package var repository: String?
    package var tag: String?
    /// `sha256:` and 64 hexadecimal digits; comes before the tag.
    package var digest: String?
    /// `Always`, `IfNotPresent`, `Never`.
    package var pullPolicy: String?
    /// Names of Secrets in the Gateway's namespace.
    package var pullSecrets: [String]

    package init(
      repository: String? = nil, tag: String? = nil, digest: String? = nil, pullPolicy: String? = nil,
      pullSecrets: [String] = []
    ) {
      self.repository = repository
      self.tag = tag
      self.digest = digest
      self.pullPolicy = pullPolicy
      self.pullSecrets = pullSecrets
    }
  }

  /// Asks for a HorizontalPodAutoscaler.
  package struct Autoscaling: Hashable, Sendable {
    package var minReplicas: Int?
    package var maxReplicas: Int
    package var targetCPUUtilizationPercentage: Int?
    package var targetMemoryUtilizationPercentage: Int?

    package init(
      minReplicas: Int? = nil, maxReplicas: Int, targetCPUUtilizationPercentage: Int? = nil,
      targetMemoryUtilizationPercentage: Int? = nil
    ) {
      self.minReplicas = minReplicas
      self.maxReplicas = maxReplicas
      self.targetCPUUtilizationPercentage = targetCPUUtilizationPercentage
      self.targetMemoryUtilizationPercentage = targetMemoryUtilizationPercentage
    }
  }

  /// Asks for a PodDisruptionBudget. Each is a number or a percentage, as text; one of them is set.
  package struct DisruptionBudget: Hashable, Sendable {
    package var minAvailable: String?
    package var maxUnavailable: String?

    package init(minAvailable: String? = nil, maxUnavailable: String? = nil) {
      self.minAvailable = minAvailable
      self.maxUnavailable = maxUnavailable
    }
  }

  /// Quantities by resource, as they were written: `500m`, `1Gi`.
  package struct Resources: Hashable, Sendable {
    package var requests: [String: String]
    package var limits: [String: String]

    package init(requests: [String: String] = [:], limits: [String: String] = [:]) {
      self.requests = requests
      self.limits = limits
    }
  }

  package struct ServiceSettings: Hashable, Sendable {
    /// `ClusterIP`, `NodePort`, `LoadBalancer`.
    package var type: String?
    package var labels: [String: String]
    package var annotations: [String: String]
    /// `Cluster`, `Local`.
    package var externalTrafficPolicy: String?
    package var loadBalancerClass: String?

    package init(
      type: String? = nil, labels: [String: String] = [:], annotations: [String: String] = [:],
      externalTrafficPolicy: String? = nil, loadBalancerClass: String? = nil
    ) {
      self.type = type
      self.labels = labels
      self.annotations = annotations
      self.externalTrafficPolicy = externalTrafficPolicy
      self.loadBalancerClass = loadBalancerClass
    }
  }

  /// Where and how the pods run.
  package struct Pod: Hashable, Sendable {
    package var labels: [String: String]
    package var annotations: [String: String]
    package var nodeSelector: [String: String]
    /// Kubernetes' Tolerations.
    package var tolerations: [JSONValue]
    /// Kubernetes' Affinity.
    package var affinity: JSONValue?
    /// Kubernetes' TopologySpreadConstraints.
    package var topologySpreadConstraints: [JSONValue]
    package var priorityClassName: String?
    package var terminationGracePeriodSeconds: Int?

    package init(
      labels: [String: String] = [:], annotations: [String: String] = [:], nodeSelector: [String: String] = [:],
      tolerations: [JSONValue] = [], affinity: JSONValue? = nil, topologySpreadConstraints: [JSONValue] = [],
      priorityClassName: String? = nil, terminationGracePeriodSeconds: Int? = nil
    ) {
      self.labels = labels
      self.annotations = annotations
      self.nodeSelector = nodeSelector
      self.tolerations = tolerations
      self.affinity = affinity
      self.topologySpreadConstraints = topologySpreadConstraints
      self.priorityClassName = priorityClassName
      self.terminationGracePeriodSeconds = terminationGracePeriodSeconds
    }
  }

  /// A variable of the proxy's environment, which custom tags read.
  package struct EnvironmentVariable: Hashable, Sendable {
    package var name: String
    package var value: String?
    /// Kubernetes' EnvVarSource.
    package var valueFrom: JSONValue?

    package init(name: String, value: String? = nil, valueFrom: JSONValue? = nil) {
      self.name = name
      self.value = value
      self.valueFrom = valueFrom
    }
  }

  /// Which of Envoy's own statistics there are, and their labels.
  package struct Stats: Hashable, Sendable {
    /// Only these are kept. Empty: no such restriction.
    package var include: [StatsPattern]
    /// These are not kept.
    package var exclude: [StatsPattern]
    package var tags: [StatsTag]

    package init(include: [StatsPattern] = [], exclude: [StatsPattern] = [], tags: [StatsTag] = []) {
      self.include = include
      self.exclude = exclude
      self.tags = tags
    }
  }

  /// Statistics by their names in Envoy: `cluster.x.upstream_rq_total`. Exactly one is set in the API.
  package struct StatsPattern: Hashable, Sendable {
    package var prefix: String?
    package var suffix: String?
    package var regex: String?

    package init(prefix: String? = nil, suffix: String? = nil, regex: String? = nil) {
      self.prefix = prefix
      self.suffix = suffix
      self.regex = regex
    }
  }

  /// A label of statistics: of all, with a value, or cut out of their names by a regular expression.
  package struct StatsTag: Hashable, Sendable {
    package var name: String
    package var value: String?
    /// The first group is what is cut out of the name, the second (or else the first) is the value.
    package var regex: String?

    package init(name: String, value: String? = nil, regex: String? = nil) {
      self.name = name
      self.value = value
      self.regex = regex
    }
  }
}
