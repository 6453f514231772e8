package import KubernetesAPI
package import Logging
package import PrometheusMetrics
package import Translator
package import WorkQueues
package import XDS

/// Turns changes of objects into published configuration.
///
///     source → apply → ResourceStore → affected Gateways → WorkLoop → translate → SnapshotStore
///                                   └→ changed endpoints ───────────────────────→ SnapshotStore
///                                                            report → StatusBook → StatusSink
///                                  what proxies refuse → RefusalBook ────┘
///
/// The actor holds the state; the translation itself, which is the work, runs outside of it and in parallel. Nothing is
/// translated before every kind has been listed once: half a picture would take routes away from running proxies.
package actor Reconciler: ResourceSink {
  let settings: TranslatorSettings
  let snapshots: SnapshotStore
  private let statusSink: any StatusSink
  private let deploymentSink: (any DeploymentSink)?
  let acknowledgements: any ProxyAcknowledgements
  let metrics: ControlPlaneMetrics
  let logger: Logger
  let loop: WorkLoop<NamespacedName>

  let validator: (any ConfigurationValidator)?
  let checkLoop: WorkLoop<NamespacedName>
  var validations = ValidationBook()

  var store: ResourceStore
  private var endpoints = EndpointBook()
  /// What the next translation of a Gateway need not do again.
  private var memories: [NamespacedName: TranslationMemory] = [:]
  var statuses: StatusBook
  var programmed = ProgrammedListeners()
  var refused = RefusalBook()
  var refusals: RefusalLog
  private(set) var awaitedKinds: Set<KubernetesKind>
  private var arrivals: ArrivalOrder
  /// Yields when a change has to wait; one that was not seen yet says as much as many.
  private let arrivalHolds: AsyncStream<Void>
  private let arrivalHold: AsyncStream<Void>.Continuation
  /// Gateways that were there at the first sync and whose first snapshot is still awaited.
  private var awaitedGateways: Set<NamespacedName> = []

  /// Gateways with changes that are not published yet, each with a number that grows with every change.
  var unpublished: [NamespacedName: Int] = [:]

  /// Which Gateways are served, whenever that changes; only the newest answer is kept for a slow reader.
  package nonisolated let servedGateways: AsyncStream<Set<NamespacedName>>
  private let servedGatewaysChange: AsyncStream<Set<NamespacedName>>.Continuation
  private var served: Set<NamespacedName> = []

  /// - Parameters:
  ///   - kinds: the kinds that the source will report as synced.
  ///   - deploymentSink: deploys the Gateways' proxies; nil where others do.
  ///   - acknowledgements: what proxies have taken; nil for those of this process alone.
  ///   - validator: checks changed listeners before they are served; nil to serve them at once.
  ///   - patience: how long a change waits at most for one of another kind that may belong to it (``ArrivalOrder``).
  ///   - parallelism: how many Gateways are translated at a time, and how many listeners checked.
  package init(
    settings: TranslatorSettings, snapshots: SnapshotStore, statusSink: any StatusSink, metrics: ControlPlaneMetrics,
    logger: Logger, deploymentSink: (any DeploymentSink)? = nil,
    acknowledgements: (any ProxyAcknowledgements)? = nil, validator: (any ConfigurationValidator)? = nil,
    awaiting kinds: Set<KubernetesKind> = Set(KubernetesKind.allCases),
    queue: WorkQueue<NamespacedName>.Configuration = .init(), patience: Duration = .milliseconds(500), parallelism: Int
  ) {
    arrivals = ArrivalOrder(patience: patience)
    (arrivalHolds, arrivalHold) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.settings = settings
    self.snapshots = snapshots
    self.statusSink = statusSink
    self.deploymentSink = deploymentSink
    self.acknowledgements = acknowledgements ?? snapshots
    self.metrics = metrics
    self.logger = logger
    self.validator = validator
    loop = WorkLoop(queue, parallelism: parallelism, depth: metrics.workQueueDepth)
    checkLoop = WorkLoop(.init(quietPeriod: .zero, maximumDelay: .zero), parallelism: parallelism)
    store = ResourceStore(controllerName: settings.controllerName)
    statuses = StatusBook(controllerName: settings.controllerName, isDeploying: deploymentSink != nil)
    refusals = RefusalLog(logger: logger, counts: metrics.refusedObjects)
    awaitedKinds = kinds
    (servedGateways, servedGatewaysChange) = AsyncStream.makeStream(
      of: Set<NamespacedName>.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Works until the task is cancelled.
  package func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.followProxies() }
      group.addTask { await self.applyExpired() }
      group.addTask {
        await self.checkLoop.run {
          await self.check($0.key)
        } onFailure: { _, _, _ in
        }
      }
      await loop.run { item in
        try await self.metrics.reconciliations.measure { try await self.reconcile(item) }
      } onFailure: { item, error, delay in
        await self.logFailure("cannot reconcile Gateway \(item.key), next try in \(delay)", error)
      }
      group.cancelAll()
    }
  }

  /// What is still awaited before this control plane may be called ready; empty once it is.
  package var awaited: [String] {
    if !awaitedKinds.isEmpty { return awaitedKinds.map { "first sync of \($0.rawValue)" }.sorted() }
    return awaitedGateways.sorted().map { "first snapshot of Gateway \($0)" }
  }

  /// The object as last seen, and what its status is to say; nil for one that is gone, or of which there is nothing to
  /// say.
  package func status(of reference: ObjectReference) -> ObjectStatus? {
    guard let object = store.object(reference),
      let desired = statuses.status(of: reference, in: store, refused: refused, programmed: programmed)
    else {
      return nil
    }
    return ObjectStatus(object: object, desired: desired)
  }
}

// MARK: Leadership

extension Reconciler {
  /// Has every status looked at again: this process has begun to lead, and what it had to say so far was dropped.
  package func lookAtAllStatuses() async {
    // What another leader made of them since is stored.
    statuses.forgetDeployments()
    // What comes first is looked at anyway.
    guard awaitedKinds.isEmpty else { return }
    await statusSink.statusChanged(of: statuses.references.union(store.referencesBesideTranslations))
  }
}

// MARK: Changes

extension Reconciler {
  package func apply(_ events: [ResourceEvent]) async {
    var affected = Affected()
    for event in events {
      // Before the first sync nothing takes effect anyway.
      guard awaitedKinds.isEmpty, arrivals.holds(event, over: store, at: .now) else {
        affected.formUnion(takeIn(event))
        continue
      }
      arrivalHold.yield()
    }
    await follow(affected)
  }

  /// Takes a change in, and those that have waited for it.
  private func takeIn(_ event: ResourceEvent) -> Affected {
    let left = event.reference.kind == .httpRoute ? store.services(of: event.reference.id) : []
    var affected = store.apply(event)
    if case .upsert(.gateway(let gateway)) = event { _ = programmed.note(gateway) }
    for event in arrivals.released(by: event, leaving: left, in: store) { affected.formUnion(takeIn(event)) }
    return affected
  }

  /// Takes in what has waited in vain, when its time is over.
  private func applyExpired() async {
    for await _ in arrivalHolds {
      while let deadline = arrivals.nextDeadline {
        do { try await Task.sleep(until: deadline) } catch { return }
        var affected = Affected()
        for event in arrivals.expired(at: .now) { affected.formUnion(takeIn(event)) }
        affected.gateways.formUnion(arrivals.expiredDoubts(at: .now))
        await follow(affected)
      }
    }
  }

  /// Has everything done that changes make necessary.
  private func follow(_ affected: Affected) async {
    guard !affected.isEmpty, awaitedKinds.isEmpty else { return }
    let now = ContinuousClock.now
    let gateways = arrivals.settled(by: affected, in: store)
    for gateway in gateways { unpublished[gateway, default: 0] += 1 }
    for service in affected.endpoints { refreshEndpoints(of: service, changedAt: now) }
    noteServedGateways(among: affected.gateways)
    if !gateways.isEmpty { await loop.add(gateways.sorted(), changedAt: now) }
    if !affected.deployments.isEmpty { await deploymentSink?.deploymentChanged(of: affected.deployments) }
    await lookAtStatuses(of: affected.statuses)
  }

  package func synced(_ kind: KubernetesKind) async {
    guard awaitedKinds.remove(kind) != nil, awaitedKinds.isEmpty else { return }
    awaitedGateways = Set(store.managedGateways)
    noteServedGateways(among: awaitedGateways)
    await loop.add(arrivals.begin(with: awaitedGateways, in: store, at: .now).sorted(), changedAt: .now)
    arrivalHold.yield()
    // Also those of other controllers: what they own of ours since before a restart is to go.
    await deploymentSink?.deploymentChanged(of: knownGateways)
    await lookAtStatuses(of: store.referencesBesideTranslations)
  }

  private func noteServedGateways(among gateways: Set<NamespacedName>) {
    var changed = false
    for gateway in gateways {
      if store.isManaged(gateway) {
        changed = served.insert(gateway).inserted || changed
      } else {
        changed = served.remove(gateway) != nil || changed
      }
    }
    if changed { servedGatewaysChange.yield(served) }
  }

  /// Publishes the endpoints at once, but not ahead of what came before them: where a change of the Gateway still waits,
  /// it takes them along. The endpoints of a Service that a route has just left must not go before the route.
  private func refreshEndpoints(of service: NamespacedName, changedAt: ContinuousClock.Instant) {
    do {
      for (gateway, resources) in try endpoints.refresh(service, in: store) where unpublished[gateway] == nil {
        snapshots.update(resources, for: GatewayID(gateway), changedAt: changedAt)
        metrics.publications.record()
      }
    } catch {
      logFailure("cannot encode the endpoints of Service \(service)", error)
    }
  }

  func lookAtStatuses(of references: Set<ObjectReference>) async {
    guard !references.isEmpty else { return }
    for reference in references.sorted() where reference.kind == .httpListenerPolicy {
      let problems = targetProblems(of: reference.id)
      // A policy whose targets are right is judged by the translation that is due: until then it is not mended.
      let isUndecided = problems.isEmpty && !store.gateways(ofPolicy: reference.id).isEmpty
      if !isUndecided { refusals.update(problems, for: .targets(reference)) }
    }
    await statusSink.statusChanged(of: references)
  }

  private func targetProblems(of policy: NamespacedName) -> [Problem] {
    store.policies[policy].map { store.targetProblems(of: $0).map(\.problem) } ?? []
  }

  /// Tells what went wrong on this side, for which no object is to blame.
  private func logFailure(_ what: String, _ error: any Error) { logger.error("\(what): \(error)") }
}

// MARK: Work

extension Reconciler {
  private func reconcile(_ item: WorkQueue<NamespacedName>.Item) async throws {
    let gateway = item.key
    let change = unpublished[gateway]
    var isDone = false
    // Also after a failure, or one Gateway that cannot be translated would keep its endpoints as they are.
    defer { if !isDone, unpublished[gateway] == change { unpublished[gateway] = nil } }
    guard var inputs = store.inputs(for: gateway, settings: settings) else { return await takeDown(gateway) }
    inputs.leftOut = refused.leftOut(of: gateway)
    let translated = try await EncodedTranslation(
      translating: inputs, remembering: memories.removeValue(forKey: gateway) ?? TranslationMemory(), metrics: metrics)
    // It may have gone while it was being translated; then its removal waits in the queue.
    guard store.isManaged(gateway) else { return }
    memories[gateway] = translated.memory
    let endpointResources = try endpoints.setReferences(translated.endpointReferences, of: gateway, in: store)
    let snapshot = Snapshot(translated.resources + endpointResources)
    let hasToCheck = publish(snapshot, translated, of: gateway, changedAt: item.changedAt)
    // At once: endpoints that change from here on are in no snapshot that is still to come.
    if unpublished[gateway] == change { unpublished[gateway] = nil }
    isDone = true
    refused.record(
      translated.report.effectivePolicies, leftOut: translated.report.leftOut, in: snapshot, of: gateway,
      generations: Dictionary(inputs.policies.map { ($0.metadata.id, $0.metadata.generation) }) { first, _ in first }
    ) {
      snapshots.acceptedVersion($0, $1, for: GatewayID(gateway))
    }
    awaitedGateways.remove(gateway)
    refusals.update(translated.report.problems, for: .gateway(gateway))
    for policy in translated.report.policies.keys.sorted() {
      let reference = ObjectReference(kind: .httpListenerPolicy, id: policy)
      refusals.update(targetProblems(of: policy), for: .targets(reference))
    }
    let judgement = judgeRefusals(of: gateway)
    let references = judgement.references.union(statuses.record(translated.report, of: gateway))
      .union(noteProgrammed(gateway))
    if hasToCheck { await checkLoop.add([gateway], changedAt: .now) }
    await lookAtStatuses(of: references)
    if judgement.hasToTranslate { await translateAgain(gateway) }
  }

  /// Publishes all of a snapshot at once but those listeners that are to be checked first.
  /// - Returns: whether there are any.
  private func publish(
    _ snapshot: Snapshot, _ translated: EncodedTranslation, of gateway: NamespacedName,
    changedAt: ContinuousClock.Instant
  ) -> Bool {
    let id = GatewayID(gateway)
    var checks = ListenerChecks()
    if validator != nil {
      let served = snapshots.servedSnapshot(for: id)
      checks = validations.checks(for: translated, of: gateway) { served?[.listener, $0] }
    }
    metrics.snapshotReplaced(snapshots.snapshot(for: id), by: snapshot)
    snapshots.publish(snapshot, for: id, changedAt: changedAt, checks: checks)
    return !checks.pending.isEmpty
  }

  /// Takes back what was published for a Gateway that is gone, or is another controller's now. Its proxies, if any are
  /// still connected, keep what they have and serve on until whoever runs them ends them: to empty them would only cut
  /// off the requests under way. One that connects anew is given nothing.
  private func takeDown(_ gateway: NamespacedName) async {
    metrics.snapshotReplaced(snapshots.snapshot(for: GatewayID(gateway)), by: nil)
    snapshots.remove(GatewayID(gateway))
    endpoints.removeReferences(of: gateway)
    memories[gateway] = nil
    validations.remove(gateway)
    refused.remove(gateway)
    metrics.rejectedFields.set(refused.rejectedFields)
    programmed.remove(gateway)
    awaitedGateways.remove(gateway)
    refusals.update([], for: .gateway(gateway))
    refusals.update([], for: .proxies(gateway))
    refusals.update([], for: .deployment(gateway))
    await lookAtStatuses(of: statuses.record(nil, of: gateway))
  }
}

extension GatewayID {
  init(_ name: NamespacedName) { self.init(namespace: name.namespace, name: name.name) }
}
