/// The named metrics of the control plane, all of them.
///
/// The names without a unit or `_total` are those of the observability guide that dashboards and alerts are written
/// after.
package struct ControlPlaneMetrics: Sendable {
  /// Where they are registered.
  package let registry: MetricsRegistry

  /// `kgateway_translation_count{status}`, `kgateway_translation_latency`, `kgateway_active_translations`.
  package let translations: OperationMetrics
  /// `kgateway_reconciliation_count{status}`, `kgateway_reconciliation_latency`, `kgateway_active_reconciliations`.
  /// What is written to the Kubernetes API for a Gateway comes after its reconciliation: a write that fails is counted
  /// as a failed one, without a latency.
  package let reconciliations: OperationMetrics
  /// `kgateway_sync_rate`; records each publication of a snapshot.
  package let publications: EventRate
  /// `kgateway_config_propagation_seconds`: from the event that carried a change to the last proxy's ACK.
  package let configPropagation: Histogram
  /// `kgateway_work_queue_depth`: Gateways that wait for their reconciliation.
  package let workQueueDepth: Gauge

  /// `kgateway_xds_resources{type}`: resources in the published snapshots of all Gateways.
  package let xdsResources: InstrumentFamily<XDSTypeLabel, Gauge>
  /// `kgateway_connected_proxies`: open ADS streams.
  package let connectedProxies: Gauge
  /// `kgateway_xds_pushes_total{type}`: responses sent.
  package let xdsPushes: InstrumentFamily<XDSTypeLabel, Counter>
  /// `kgateway_xds_acks_total{type}`: responses accepted.
  package let xdsAcks: InstrumentFamily<XDSTypeLabel, Counter>
  /// `kgateway_xds_nacks_total{type}`: responses refused.
  package let xdsNacks: InstrumentFamily<XDSTypeLabel, Counter>

  /// `kgateway_xds_auth_total{result}`: streams of proxies by how their authentication ended.
  package let xdsAuthentications: InstrumentFamily<XDSAuthenticationLabel, Counter>

  /// `kgateway_xds_certificate_expiry_timestamp_seconds`: when the xDS server's certificate ends, in seconds since 1970;
  /// not exposed while it is 0.
  package let xdsCertificateExpiry: Gauge
  /// `kgateway_replica_reports_total{result}`: what replicas tell the one that leads of their proxies.
  package let replicaReports: InstrumentFamily<ReplicaReportResult, Counter>

  /// `kgateway_refused_objects{kind}`: objects that are refused now, in whole or in part.
  package let refusedObjects: InstrumentFamily<RefusedKindLabel, Gauge>
  /// `kgateway_rejected_fields`: fields of policies that are not in effect now, because Envoy refuses them: it is left
  /// out, or what was there before it goes on.
  package let rejectedFields: Gauge

  /// `kgateway_validations_total{result}`: checks of a listener before it is served.
  package let validations: InstrumentFamily<ValidationResult, Counter>
  /// `kgateway_validation_latency`: how long such a check takes.
  package let validationLatency: Histogram

  /// `kgateway_kubernetes_watch_restarts_total{kind,reason}`.
  package let watchRestarts: InstrumentFamily<WatchRestartLabels, Counter>
  /// `kgateway_kubernetes_undecodable_objects_total{kind}`: states of objects that came and could not be read.
  package let undecodableObjects: InstrumentFamily<WatchRestartLabels.Kind, Counter>
  /// `kgateway_status_writes_total{result}`.
  package let statusWrites: InstrumentFamily<StatusWriteResult, Counter>
  /// `kgateway_status_writes_pending`: objects whose status is yet to be looked at, and written where it differs.
  package let statusWritesPending: Gauge
  /// `kgateway_deployer_writes_total{result}`: writes of the objects that Gateways run on.
  package let deployerWrites: InstrumentFamily<DeployerWriteResult, Counter>
  /// `kgateway_leader`: 1 while this replica leads, and writes.
  package let leader: Gauge

  /// Registers them all, and those of the process.
  ///
  /// - Parameter clock: what the rate of publications is measured with.
  package init<C: Clock>(
    registry: MetricsRegistry = MetricsRegistry(), build: BuildInformation, clock: C = ContinuousClock()
  ) where C.Duration == Duration {
    self.registry = registry
    translations = OperationMetrics(
      count: registry.counters("kgateway_translation_count", "Translations of a Gateway.", by: OperationStatus.self),
      latency: registry.histogram(
        "kgateway_translation_latency", "Time that a translation takes, in seconds.", bounds: Self.latencyBounds),
      active: registry.gauge("kgateway_active_translations", "Translations that run now."))
    reconciliations = OperationMetrics(
      count: registry.counters(
        "kgateway_reconciliation_count",
        "Reconciliations of a Gateway; failed ones also where its proxies or a status could not be written.",
        by: OperationStatus.self),
      latency: registry.histogram(
        "kgateway_reconciliation_latency", "Time that a reconciliation takes, in seconds.",
        bounds: Self.latencyBounds),
      active: registry.gauge("kgateway_active_reconciliations", "Reconciliations that run now."))
    configPropagation = registry.histogram(
      "kgateway_config_propagation_seconds",
      "Time from the event that carried a change to the acknowledgement of the last proxy.",
      bounds: Self.propagationBounds)
    workQueueDepth = registry.gauge("kgateway_work_queue_depth", "Gateways that wait for their reconciliation.")

    xdsResources = registry.gauges(
      "kgateway_xds_resources", "Envoy resources in the published snapshots.", by: XDSTypeLabel.self)
    connectedProxies = registry.gauge("kgateway_connected_proxies", "Open xDS streams of proxies.")
    xdsPushes = registry.counters("kgateway_xds_pushes_total", "xDS responses sent.", by: XDSTypeLabel.self)
    xdsAcks = registry.counters(
      "kgateway_xds_acks_total", "xDS responses that a proxy accepted.", by: XDSTypeLabel.self)
    xdsNacks = registry.counters(
      "kgateway_xds_nacks_total", "xDS responses that a proxy refused.", by: XDSTypeLabel.self)
    xdsAuthentications = registry.counters(
      "kgateway_xds_auth_total", "xDS streams of proxies, by how their authentication ended.",
      by: XDSAuthenticationLabel.self)

    let expiry = Gauge()
    xdsCertificateExpiry = expiry
    registry.computed(
      "kgateway_xds_certificate_expiry_timestamp_seconds",
      "When the certificate that xDS is served with ends, in seconds since 1970.", kind: .gauge
    ) {
      expiry.value == 0 ? [] : [MetricSample(value: Double(expiry.value))]
    }

    replicaReports = registry.counters(
      "kgateway_replica_reports_total",
      "Reports of what proxies answered, from a replica to the one that leads, by what became of them.",
      by: ReplicaReportResult.self)

    refusedObjects = registry.gauges(
      "kgateway_refused_objects", "Objects that are refused now, in whole or in part; their status says why.",
      by: RefusedKindLabel.self)
    rejectedFields = registry.gauge(
      "kgateway_rejected_fields", "Fields of policies that are not in effect now, because Envoy refuses them.")

    validations = registry.counters(
      "kgateway_validations_total", "Checks of a listener by Envoy, before it is served.", by: ValidationResult.self)
    validationLatency = registry.histogram(
      "kgateway_validation_latency", "Time that a check of a listener by Envoy takes, in seconds.",
      bounds: Self.latencyBounds)

    watchRestarts = registry.counters(
      "kgateway_kubernetes_watch_restarts_total", "Watches of the Kubernetes API that were begun anew.",
      by: WatchRestartLabels.self)
    undecodableObjects = registry.counters(
      "kgateway_kubernetes_undecodable_objects_total",
      "States of objects that the Kubernetes API sent and that could not be read; the object keeps its last state.",
      by: WatchRestartLabels.Kind.self)
    statusWrites = registry.counters(
      "kgateway_status_writes_total", "Writes of an object's status.", by: StatusWriteResult.self)
    statusWritesPending = registry.gauge(
      "kgateway_status_writes_pending", "Objects whose status is yet to be looked at, and written where it differs.")
    deployerWrites = registry.counters(
      "kgateway_deployer_writes_total", "Writes and deletions of the objects that Gateways run on.",
      by: DeployerWriteResult.self)
    leader = registry.gauge("kgateway_leader", "1 while this replica is the one that writes to the Kubernetes API.")

    let publications = EventRate(clock: clock)
    self.publications = publications
    registry.computed(
      "kgateway_sync_rate", "Publications of snapshots per second, over the last minute.", kind: .gauge
    ) {
      [MetricSample(value: publications.perSecond)]
    }
    registry.computed("kgateway_build_info", "1, with what this program was built from as labels.", kind: .gauge) {
      [MetricSample(labels: build.labels, value: 1)]
    }
    ProcessMetrics.register(in: registry)
  }

  /// 10 µs to 10 s, in seconds: most translations take 30 to 200 µs, and the check of a listener some 45 ms.
  static let latencyBounds = [
    0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
    2.5, 5, 10,
  ]
  /// 1 ms to 60 s, in seconds: the way through the proxies is longer.
  static let propagationBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
}

/// What the program was built from.
package struct BuildInformation: Sendable {
  let labels: [MetricLabel]

  /// - Parameters:
  ///   - swiftVersion: of the compiler.
  ///   - envoyVersion: the Envoy that the program is made for.
  package init(version: String, commit: String, swiftVersion: String, envoyVersion: String) {
    labels = [
      MetricLabel("version", version), MetricLabel("commit", commit), MetricLabel("swift_version", swiftVersion),
      MetricLabel("envoy_version", envoyVersion),
    ]
  }
}
