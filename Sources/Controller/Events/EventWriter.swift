import FoundationEssentials
import KubernetesAPI
package import KubernetesClient
package import Logging
import Synchronization
import WorkQueues

/// Tells of refused policies, and of their recovery, as Events of the Kubernetes API.
///
/// What is new is found where a status was written: by comparing it with the stored one, so that a restart repeats
/// nothing. Events are a courtesy: what cannot be written is given up after a few tries, and harms nothing.
package final class EventWriter: Sendable {
  /// An Event to be written.
  private struct Due: Hashable {
    let policy: ObjectMeta
    let transition: PolicyTransition
    let date: Date
  }

  private static let tries = 3
  /// What waits for one policy; the oldest gives way.
  private static let dueLimit = 8
  static let resource = APIResource(group: "events.k8s.io", version: "v1", plural: "events", kind: "Event")

  private let client: KubernetesClient
  private let leadership: Leadership
  private let controllerName: String
  private let instance: String
  private let logger: Logger
  private let loop: WorkLoop<NamespacedName>
  private let due = Mutex<[NamespacedName: [Due]]>([:])
  private let failures = Mutex<(tries: [NamespacedName: Int], isTold: Bool)>(([:], false))

  /// - Parameters:
  ///   - instance: which replica this is: its pod's name, or the host's.
  ///   - leadership: while this process does not lead, nothing is written, and what waits is dropped.
  package init(
    client: KubernetesClient, controllerName: String, instance: String, leadership: Leadership = .alone, logger: Logger
  ) {
    self.client = client.limited(to: leadership)
    self.leadership = leadership
    self.controllerName = controllerName
    self.instance = instance
    self.logger = logger
    loop = WorkLoop(
      .init(quietPeriod: .milliseconds(20), maximumDelay: .milliseconds(200), firstRetry: .milliseconds(500)),
      parallelism: 2)
  }

  /// Notes that a status was written over another one; the writing of Events happens later.
  func statusWritten(_ new: KubernetesObject, over old: KubernetesObject) async {
    guard case .httpListenerPolicy(let new) = new, case .httpListenerPolicy(let old) = old else { return }
    let transitions = PolicyTransition.transitions(
      from: old.ancestorStatuses, to: new.ancestorStatuses, controllerName: controllerName)
    guard !transitions.isEmpty else { return }
    let id = new.metadata.id
    let events = transitions.map { Due(policy: new.metadata, transition: $0, date: .now) }
    due.withLock { $0[id] = (($0[id] ?? []) + events).suffix(Self.dueLimit) }
    await loop.add([id], changedAt: .now)
  }

  /// Writes until the task is cancelled; to be called once.
  package func run() async {
    await loop.run { item in
      try await self.write(item.key)
    } onFailure: { item, error, _ in
      self.note(error, of: item.key)
    }
  }

  private func write(_ policy: NamespacedName) async throws {
    while let next = due.withLock({ $0[policy]?.first }) {
      guard leadership.isLeader else {
        due.withLock { $0[policy] = nil }
        return
      }
      let event = document(next)
      do {
        try await client.create(
          Self.resource, NamespacedName(namespace: policy.namespace, name: event.name), object: event.json)
      } catch let error as KubernetesError where error.isAlreadyThere {
        // An answer was lost on the way.
      }
      remove(next, of: policy)
      failures.withLock { $0.tries[policy] = nil }
    }
  }

  private func remove(_ written: Due, of policy: NamespacedName) {
    due.withLock { due in
      due[policy]?.removeAll { $0 == written }
      if due[policy]?.isEmpty == true { due[policy] = nil }
    }
  }

  private func note(_ error: any Error, of policy: NamespacedName) {
    let (isLast, isFirstEver) = failures.withLock { failures in
      let count = (failures.tries[policy] ?? 0) + 1
      failures.tries[policy] = count < Self.tries ? count : nil
      defer { failures.isTold = true }
      return (count >= Self.tries, !failures.isTold)
    }
    // With nothing left to do, the next try of the loop ends at once.
    if isLast { due.withLock { $0[policy] = nil } }
    logger.log(
      level: isFirstEver ? .warning : .debug,
      """
      cannot write an Event of HTTPListenerPolicy \(policy), \(isLast ? "it is left out" : "it is tried again"): \
      \(error)\(isFirstEver ? " (further failures are logged at level debug)" : "")
      """)
  }

  private func document(_ due: Due) -> EventDocument {
    EventDocument(
      name: Self.name(of: due.policy.name, due.transition, at: due.date), regarding: .httpListenerPolicy,
      object: due.policy, severity: due.transition.severity, reason: due.transition.reason, action: "Translate",
      note: due.transition.message,
      time: MicroTime.text(of: due.date), controller: controllerName, instance: instance)
  }

  /// A name like those of other controllers: the object's, and a number that tells its Events apart; the same for the
  /// same Event, so that one which is written again is not there twice.
  private static func name(of policy: String, _ transition: PolicyTransition, at date: Date) -> String {
    let micros = UInt64(max(0, date.timeIntervalSince1970) * 1_000_000)
    let hash = "\(transition.reason) \(transition.message)".utf8.reduce(micros &* 0x9e37_79b9_7f4a_7c15) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    let digits = String(hash, radix: 16)
    // A name has 253 characters at most, and before a dot stands a letter or a digit.
    var stem = policy.prefix(230)
    while let last = stem.last, !last.isLetter, !last.isNumber { stem.removeLast() }
    return "\(stem).\(digits)"
  }
}

extension KubernetesError {
  fileprivate var isAlreadyThere: Bool {
    if case .status(let status, _) = self { status.code == 409 } else { false }
  }
}
