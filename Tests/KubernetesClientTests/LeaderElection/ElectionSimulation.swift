import FoundationEssentials
import KubernetesAPI
import KubernetesClient
import RealComponents

/// Replicas and a server in a time of their own: every replica has a clock that is set wrong and runs a little fast or
/// slow, requests and answers are slow or lost, processes stop and go on, end and begin anew. The same seed gives the
/// same course.
struct ElectionSimulation {
  /// What one simulated hour holds.
  struct Outcome {
    /// Moments in which two replicas at once held themselves for the leader.
    var doubleLeaders: [String] = []
    /// Times at which somebody began to lead.
    var terms = 0
    /// Seconds in which somebody led.
    var led = 0.0
    /// The longest time without a leader.
    var longestGap = 0.0
    var duration = 0.0
  }

  struct Trouble {
    var lostRequests = 0.0
    var lostAnswers = 0.0
    var freezes = 0.0
    var restarts = 0.0
    /// Requests and answers that take up to 8 s, longer than they are waited for.
    var slow = 0.05
    /// How much faster or slower clocks run than the time.
    var drift = 0.0
  }

  private struct Message {
    enum Content {
      case request(LeaderElection.Step)
      case found(Lease?)
      case written(Lease)
      case failed(LeaderElection.Failure)
      case waited
    }

    var time: Double
    var order: Int
    var replica: Int
    /// Of the replica's step: an answer that comes after its timeout is nobody's.
    var number: Int
    var content: Content
  }

  private struct Replica {
    var election: LeaderElection
    /// Seconds that its clock is off.
    var offset: Double
    /// How fast its clock runs.
    var rate: Double
    var frozenUntil = 0.0
    var number = 0
    var generation = 0
  }

  private static let id = NamespacedName(namespace: "system", name: "leader")
  private let base = ContinuousClock.now
  private let trouble: Trouble
  private var random: SplitMix64
  private var replicas: [Replica] = []
  private var messages: [Message] = []
  private var order = 0
  private var stored: Lease?
  private var version = 0
  private var outcome = Outcome()
  private var time = 0.0
  private var lastLed = 0.0

  init(replicas count: Int, trouble: Trouble, seed: UInt64) {
    self.trouble = trouble
    random = SplitMix64(seed: seed)
    for index in 0..<count {
      replicas.append(
        Replica(
          election: LeaderElection(lease: Self.id, identity: "r\(index)-0"),
          offset: Double.random(in: -4000...4000, using: &random),
          rate: 1 + Double.random(in: -1...1, using: &random) * trouble.drift))
    }
  }

  mutating func run(seconds: Double) -> Outcome {
    for index in replicas.indices { hand(replicas[index].election.begin(), to: index) }
    while let index = messages.indices.min(by: { earlier($0, $1) }), messages[index].time < seconds {
      let message = messages.remove(at: index)
      advance(to: message.time)
      deliver(message)
      check()
    }
    outcome.duration = time
    return outcome
  }

  private func earlier(_ left: Int, _ right: Int) -> Bool {
    (messages[left].time, messages[left].order) < (messages[right].time, messages[right].order)
  }

  private func clock(_ replica: Replica) -> ContinuousClock.Instant {
    base + .seconds(10_000 + replica.offset + time * replica.rate)
  }

  /// Whether a replica would write now, if it were given a turn.
  private func leads(_ replica: Replica) -> Bool {
    replica.election.leadsUntil.map { clock(replica) < $0 } ?? false
  }

  private mutating func advance(to next: Double) {
    // In between leaders only end; small steps find whether another has begun before.
    while time < next {
      let step = min(0.5, next - time)
      if replicas.contains(where: leads) {
        outcome.led += step
        lastLed = time
      } else {
        outcome.longestGap = max(outcome.longestGap, time + step - lastLed)
      }
      time = time + step >= next - 1e-9 ? next : time + step
    }
  }

  private mutating func check() {
    let leaders = replicas.filter(leads)
    if leaders.count > 1 { outcome.doubleLeaders.append("at \(time): \(leaders.map(\.election.leadsUntil))") }
  }

  private mutating func deliver(_ message: Message) {
    if case .request(let step) = message.content { return serve(step, message) }
    var replica = replicas[message.replica]
    guard message.number == replica.number else { return }
    if time < replica.frozenUntil {
      post(message.content, to: message.replica, at: replica.frozenUntil, number: message.number)
      return
    }
    let moment = LeaderElection.Moment(
      now: clock(replica), date: Date(timeIntervalSince1970: time + replica.offset),
      random: Double.random(in: 0..<1, using: &random))
    let transition: LeaderElection.Transition
    switch message.content {
    case .found(let lease): transition = replica.election.found(lease, at: moment)
    case .written(let lease): transition = replica.election.written(lease, at: moment)
    case .failed(let failure): transition = replica.election.failed(failure, at: moment)
    case .waited, .request: transition = replica.election.waited(at: moment)
    }
    if transition.notices.contains(.began) { outcome.terms += 1 }
    if chance(trouble.freezes) { replica.frozenUntil = time + Double.random(in: 0...60, using: &random) }
    if chance(trouble.restarts) {
      replica.generation += 1
      let identity = "r\(message.replica)-\(replica.generation)"
      replica.election = LeaderElection(lease: Self.id, identity: identity)
      replicas[message.replica] = replica
      return hand(replica.election.begin(), to: message.replica)
    }
    replicas[message.replica] = replica
    hand(transition.step, to: message.replica)
  }

  /// A step is begun, later if the process is stopped just now.
  private mutating func hand(_ step: LeaderElection.Step, to index: Int) {
    replicas[index].number += 1
    let (number, start) = (replicas[index].number, max(time, replicas[index].frozenUntil))
    if case .wait(let duration) = step {
      // At least a little, or a loop without a pause would stop the time.
      return post(
        .waited, to: index, at: start + max(0.001, duration / .seconds(1) / replicas[index].rate), number: number)
    }
    post(.failed(.init(.other, "timed out")), to: index, at: start + 5, number: number)
    if !chance(trouble.lostRequests) {
      let delay = delay()
      post(.request(step), to: index, at: start + delay, number: number)
    }
  }

  private mutating func serve(_ step: LeaderElection.Step, _ request: Message) {
    let answer: Message.Content
    switch step {
    case .read: answer = .found(stored)
    case .create(let lease): answer = stored == nil ? store(lease) : .failed(.init(.conflict, "409"))
    case .replace(let lease):
      let isNewest = stored?.metadata.resourceVersion == lease.metadata.resourceVersion
      answer = isNewest ? store(lease) : .failed(.init(.conflict, "409"))
    case .wait, .end: return
    }
    if chance(trouble.lostAnswers) { return }
    let delay = delay()
    post(answer, to: request.replica, at: time + delay, number: request.number)
  }

  private mutating func store(_ lease: Lease) -> Message.Content {
    version += 1
    var lease = lease
    lease.metadata.resourceVersion = "\(version)"
    stored = lease
    return .written(lease)
  }

  private mutating func post(_ content: Message.Content, to replica: Int, at time: Double, number: Int) {
    order += 1
    messages.append(Message(time: time, order: order, replica: replica, number: number, content: content))
  }

  private mutating func delay() -> Double {
    Double.random(in: 0...(chance(trouble.slow) ? 8 : 0.1), using: &random)
  }

  private mutating func chance(_ probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &random) < probability
  }
}
