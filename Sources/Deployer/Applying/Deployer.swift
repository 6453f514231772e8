import JSON
package import KubernetesAPI
package import KubernetesClient
package import Logging
package import PrometheusMetrics
package import Translator
package import WorkQueues

/// Keeps in the cluster what Gateways run on: applies what differs from what is asked for, and removes what is not.
///
///     watches ─→ ObservedObjects ─┐
///     DeploymentIntent ───────────┴→ DeploymentPass → server-side apply, delete
///                                          └→ DeploymentReport
///
/// Every replica watches and judges; only the one that leads writes. A Gateway is looked at when it changes, or something that it
/// owns; nothing is asked or written where nothing differs, also after a restart.
package actor Deployer {
  private let client: KubernetesClient
  private let leadership: Leadership
  private let metrics: ControlPlaneMetrics
  private let logger: Logger
  private let watch: ObjectWatch
  private let loop: WorkLoop<NamespacedName>

  private var observed = ObservedObjects()
  private var awaitedKinds = Set(ManagedKind.allCases)
  /// Gateways that changed before every kind was listed once.
  private var early: Set<NamespacedName> = []
  /// What was last said of each Gateway in the log.
  private var faults: [NamespacedName: [DeploymentFault]] = [:]

  /// - Parameters:
  ///   - leadership: while this process does not lead, nothing is written.
  ///   - queue: how long changes are joined, and failures rest.
  package init(
    client: KubernetesClient, leadership: Leadership = .alone, metrics: ControlPlaneMetrics, logger: Logger,
    queue: WorkQueue<NamespacedName>.Configuration = .init(
      quietPeriod: .milliseconds(20), maximumDelay: .milliseconds(200), firstRetry: .milliseconds(500))
  ) {
    self.client = client.limited(to: leadership)
    self.leadership = leadership
    self.metrics = metrics
    self.logger = logger
    watch = ObjectWatch(client: client, metrics: metrics, logger: logger)
    loop = WorkLoop(queue, parallelism: 4)
  }

  /// Has Gateways looked at: what they run on, or whether they are this controller's at all, may have changed.
  package func deploymentChanged(of gateways: Set<NamespacedName>) async {
    guard awaitedKinds.isEmpty else { return early.formUnion(gateways) }
    await loop.add(gateways.sorted(), changedAt: .now)
  }

  /// Has all looked at anew, because this process has begun to lead.
  package func beginTerm(with gateways: Set<NamespacedName>) async {
    // What another leader was refused may have changed.
    faults = [:]
    await deploymentChanged(of: gateways.union(observed.owners))
  }

  /// Works until the task is cancelled; to be called once.
  /// - Parameters:
  ///   - intent: what is to become of a Gateway's deployment now.
  ///   - judgement: is told what is wrong with what a Gateway asks for, each time it was looked at, on every replica.
  ///   - report: is told what became of it, each time it was looked at.
  package func run(
    intent: @escaping @Sendable (NamespacedName) async -> DeploymentIntent,
    judgement: @escaping @Sendable (NamespacedName, [Problem]) async -> Void = { _, _ in },
    report: @escaping @Sendable (NamespacedName, DeploymentReport) async -> Void
  ) async {
    await withDiscardingTaskGroup { group in
      for kind in ManagedKind.allCases {
        group.addTask { await self.watch.run(kind) { await self.take($0, of: kind) } }
      }
      await loop.run { item in
        let intent = await intent(item.key)
        await judgement(item.key, intent.problems)
        try await self.deploy(item.key, intent, report: report)
      } onFailure: { item, error, delay in
        await self.note(error, of: item.key, delay: delay)
      }
      group.cancelAll()
    }
  }

  // MARK: What is there

  private func take(_ event: ReflectorEvent<ObservedObject>, of kind: ManagedKind) async {
    switch event {
    case .upsert(let object):
      await deploymentChanged(of: observed.note(object))
    case .delete(let id):
      await deploymentChanged(of: observed.remove(ObjectKey(kind: kind, id: id)))
    case .undecodable:
      break
    case .synced, .absent:
      guard awaitedKinds.remove(kind) != nil, awaitedKinds.isEmpty else { return }
      let gateways = early.union(observed.owners)
      early = []
      await deploymentChanged(of: gateways)
    }
  }

  // MARK: Work

  private func deploy(
    _ gateway: NamespacedName, _ intent: DeploymentIntent,
    report: @Sendable (NamespacedName, DeploymentReport) async -> Void
  ) async throws {
    guard leadership.isLeader else { return }
    switch intent {
    case .ignore:
      observed.plan([], of: gateway)
      faults[gateway] = nil
    case .keep(let identity, let refusals):
      faults[gateway] = nil
      var outcome = outcome(of: identity, among: observed.objects(of: identity).map(\.key))
      outcome.refusals = refusals
      await report(gateway, outcome)
    case .withdraw(let identity):
      observed.plan([], of: gateway)
      var found: [DeploymentFault] = []
      for object in observed.objects(of: identity) {
        if let fault = try await delete(object) { found.append(fault) }
      }
      note(found, of: gateway)
      if !found.isEmpty { throw Unfinished() }
    case .deploy(let identity, let objects):
      let desired = objects.map { DesiredObject($0, of: identity) }
      observed.plan(Set(desired.map(\.key)), of: gateway)
      let found = try await apply(desired, of: identity)
      note(found, of: gateway)
      var outcome = outcome(of: identity, among: desired.map(\.key))
      outcome.faults = found.map(\.message)
      await report(gateway, outcome)
      if !found.isEmpty { throw Unfinished() }
    }
  }

  /// Brings the objects of a Gateway to where they are to be; one that cannot be is no reason to leave the others.
  private func apply(_ desired: [DesiredObject], of gateway: GatewayIdentity) async throws -> [DeploymentFault] {
    var faults: [DeploymentFault] = []
    for kind in ManagedKind.allCases {
      for object in desired where object.key.kind == kind {
        if let fault = try await apply(object, of: gateway, isScaled: desired.isScaledByOthers) {
          faults.append(fault)
        }
      }
    }
    let wanted = Set(desired.map(\.key))
    for object in observed.objects(of: gateway) where !wanted.contains(object.key) {
      if let fault = try await delete(object) { faults.append(fault) }
    }
    return faults
  }

  private func apply(
    _ desired: DesiredObject, of gateway: GatewayIdentity, isScaled: Bool
  ) async throws -> DeploymentFault? {
    var present = observed[desired.key]
    if present == nil {
      // It may be there without the label by which it would be seen.
      present = try await find(desired.key)
    } else if observed.isUpToDate(desired) {
      return nil
    } else if present?.applied == desired.hash, observed.isContended(desired.key) {
      return .contended(desired.key)
    }
    if let present {
      guard present.owner == gateway else { return .inTheWay(desired.key, present, of: gateway) }
      // It goes, and is made anew when it is gone.
      if present.metadata.isBeingDeleted { return nil }
      if isScaled, let replicas = present.replicas, present.fields.own("spec", "replicas") {
        try await handOver(replicas, of: present)
      }
    }
    let isPutBack = present?.applied == desired.hash
    observed.beginWrite(of: desired.key)
    defer { observed.endWrite(of: desired.key) }
    return try await write("apply", desired.key) {
      let answer = try await client.apply(
        desired.key.kind.resource, desired.key.id, object: desired.body(uid: present?.metadata.uid),
        manager: DesiredObject.fieldManager
      ) { reader throws(JSONError) in try ObservedObject.read(desired.key.kind, from: &reader) }
      observed.note(answer, to: desired, isPutBack: isPutBack)
      logger.info(
        "\(present == nil ? "created" : "changed") \(desired.key) of Gateway \(gateway.id)",
        metadata: ["gateway": "\(gateway.id)"])
    }
  }

  /// Leaves the number of pods to whoever sets it from now on. Without this the API server would fall back to its
  /// default of one pod as soon as nobody owns the field (Kubernetes, "Server-Side Apply": Transferring ownership).
  private func handOver(_ replicas: Int, of deployment: ObservedObject) async throws {
    _ = try await write("apply", deployment.key) {
      try await client.apply(
        deployment.kind.resource, deployment.metadata.id, object: DesiredObject.handingOver(replicas, of: deployment),
        manager: "\(DesiredObject.fieldManager)-replicas")
    }
  }

  private func delete(_ object: ObservedObject) async throws -> DeploymentFault? {
    if object.metadata.isBeingDeleted { return nil }
    return try await write("delete", object.key) {
      do {
        try await client.delete(object.kind.resource, object.metadata.id, uid: object.metadata.uid)
        logger.info("deleted \(object.key)")
      } catch KubernetesError.status(let status, _) where status.code == 404 || status.code == 409 {
        // It is gone, or another one has its name.
      }
    }
  }

  private func find(_ key: ObjectKey) async throws -> ObservedObject? {
    do {
      return try await client.get(key.kind.resource, key.id) { reader throws(JSONError) in
        try ObservedObject.read(key.kind, from: &reader)
      }
    } catch KubernetesError.status(let status, _) where status.code == 404 {
      return nil
    }
  }

  /// Makes a write and counts it; a refusal is returned, what may pass is thrown.
  private func write(
    _ verb: String, _ key: ObjectKey, _ request: () async throws -> Void
  ) async throws -> DeploymentFault? {
    do {
      try await request()
      metrics.deployerWrites[.success].increment()
      return nil
    } catch KubernetesError.status(let status, _) where DeploymentFault.isRefusal(status) {
      metrics.deployerWrites[.refused].increment()
      return .refused(verb, key, status)
    } catch KubernetesError.status(let status, let request) where status.code == 409 {
      metrics.deployerWrites[.conflict].increment()
      throw KubernetesError.status(status, request: request)
    } catch {
      if !(error is NotLeading) { metrics.deployerWrites[.failed].increment() }
      throw error
    }
  }

  // MARK: What is told

  /// Where the Gateway's Service can be reached.
  private func outcome(of gateway: GatewayIdentity, among keys: [ObjectKey]) -> DeploymentReport {
    var report = DeploymentReport()
    for key in keys {
      guard let present = observed[key], present.owner == gateway, let service = present.addresses else { continue }
      report.addresses += service.addresses
      if service.addresses.isEmpty { report.awaited = service.awaited(of: key.id) }
    }
    return report
  }

  /// Says once what is wrong, and once that it is mended.
  private func note(_ found: [DeploymentFault], of gateway: NamespacedName) {
    let old = faults[gateway] ?? []
    guard old != found else { return }
    faults[gateway] = found.isEmpty ? nil : found
    for fault in found where !old.contains(fault) {
      logger.warning(
        "Gateway \(gateway) is not deployed as it should be: \(fault.message)", metadata: ["gateway": "\(gateway)"])
    }
    if found.isEmpty {
      logger.notice("Gateway \(gateway) is deployed as it should be again", metadata: ["gateway": "\(gateway)"])
    }
  }

  private func note(_ error: any Error, of gateway: NamespacedName, delay: Duration) {
    switch error {
    case is Unfinished: metrics.reconciliations.recordLateFailure()
    case KubernetesError.status(let status, _) where status.code == 409:
      logger.debug("an object of Gateway \(gateway) changed while it was written; next try in \(delay)")
    case _ where error is NotLeading || !leadership.isLeader:
      logger.debug("Gateway \(gateway) is left to the next leader: \(error)")
    default:
      metrics.reconciliations.recordLateFailure()
      logger.warning(
        "cannot deploy Gateway \(gateway), next try in \(delay): \(error)", metadata: ["gateway": "\(gateway)"])
    }
  }

  /// The Gateway has faults, which were told; it is tried again later.
  private struct Unfinished: Error {}
}

extension [DesiredObject] {
  /// Whether something else than this operator says how many pods there are to be.
  fileprivate var isScaledByOthers: Bool {
    contains { $0.key.kind == .deployment && $0.document["spec"]?["replicas"] == nil }
  }
}
