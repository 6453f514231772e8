import KubernetesAPI
import Logging
import PrometheusMetrics
import WorkQueues
import XDS

// What is refused, by proxies and by the check before them.

extension Reconciler {
  /// Looks at what proxies answered, whenever that says something new.
  func followProxies() async {
    for await _ in snapshots.changes {
      for id in snapshots.takeChanged().sorted() {
        let gateway = NamespacedName(namespace: id.namespace, name: id.name)
        let judgement = judgeRefusals(of: gateway)
        if judgement.hasToTranslate { await translateAgain(gateway) }
        await lookAtStatuses(of: judgement.references.union(noteProgrammed(gateway)))
      }
    }
  }

  /// Leaves out of the listeners what cannot be in them, or takes it in again.
  func translateAgain(_ gateway: NamespacedName) async {
    unpublished[gateway, default: 0] += 1
    await loop.add([gateway], changedAt: .now)
  }

  /// Finds out which policies are to blame for what is refused of a Gateway's configuration.
  func judgeRefusals(of gateway: NamespacedName) -> RefusalBook.Judgement {
    guard store.isManaged(gateway) else { return RefusalBook.Judgement(references: [], problems: []) }
    let id = GatewayID(gateway)
    let policies = Dictionary(store.policies(of: gateway).map { ($0.metadata.id, $0) }) { first, _ in first }
    let judgement = refused.judge(snapshots.rejections(for: id), of: gateway, policies: policies) {
      snapshots.acceptedVersion($0, $1, for: id)
    }
    refusals.update(judgement.problems, for: .proxies(gateway))
    metrics.rejectedFields.set(refused.rejectedFields)
    return judgement
  }

  /// Checks the listeners of a Gateway that wait for it, and serves those that pass. Everything else goes on meanwhile.
  func check(_ gateway: NamespacedName) async {
    guard let validator else { return }
    while let pending = validations.next(of: gateway) {
      if let known = validations.verdict(on: pending) {
        finish(pending, known, of: gateway)
        continue
      }
      let start = ContinuousClock.now
      let verdict = await validator.verdict(on: pending.candidate)
      metrics.validationLatency.observe(start.duration(to: .now))
      metrics.validations[verdict.label].increment()
      validations.keep(verdict, on: pending)
      finish(pending, verdict, of: gateway)
    }
  }

  private func finish(_ pending: ValidationBook.Pending, _ verdict: ValidationVerdict, of gateway: NamespacedName) {
    let (id, listener) = (GatewayID(gateway), pending.resource)
    switch verdict {
    case .accepted:
      snapshots.finishCheck(of: listener, for: id, refusal: nil)
    case .refused(let reason):
      logger.error(
        """
        listener \(listener.name) of Gateway \(gateway) is refused before any proxy got it, proxies keep what they have: \
        \(reason)
        """, metadata: ["gateway": "\(gateway)"])
      snapshots.finishCheck(of: listener, for: id, refusal: reason)
    case .unavailable(let cause):
      logger.warning(
        "listener \(listener.name) of Gateway \(gateway) goes to the proxies without a check: \(cause)",
        metadata: ["gateway": "\(gateway)"])
      snapshots.finishCheck(of: listener, for: id, refusal: nil)
    }
  }
}

extension ValidationVerdict {
  fileprivate var label: ValidationResult {
    switch self {
    case .accepted: .accepted
    case .refused: .refused
    case .unavailable: .unavailable
    }
  }
}
