import ArgumentParser
import FoundationEssentials
import KubernetesAPI
import KubernetesClient

/// Which of several replicas writes to the Kubernetes API.
struct LeaderElectionOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Write only while this replica holds the Lease \(Self.leaseName).",
      discussion: """
        All replicas watch, translate and serve proxies; one writes statuses, Events and GatewayClasses, and \
        deploys proxies. Without the election every replica writes: for one alone that has no access to Leases.
        """))
  var leaderElection = true

  @Option(
    help: ArgumentHelp(
      "The namespace of the Lease: the operator's own.",
      discussion: "Default: $POD_NAMESPACE, else \(OperatorNamespace.standard).", valueName: "name"))
  var leaderElectionNamespace: String?

  @Option(
    help: ArgumentHelp(
      "How long after its last renewal the Lease of a replica that is gone is taken over; whole seconds.",
      valueName: "duration"))
  var leaderElectionLeaseDuration = DurationArgument(LeaderElection.Settings().leaseDuration)

  @Option(
    help: ArgumentHelp(
      "How long after its last renewal a leader stops writing; shorter than the Lease's duration.",
      valueName: "duration"))
  var leaderElectionRenewDeadline = DurationArgument(LeaderElection.Settings().renewDeadline)

  @Option(
    help: ArgumentHelp(
      "The pause between two renewals, or between two tries.", valueName: "duration"))
  var leaderElectionRetryPeriod = DurationArgument(LeaderElection.Settings().retryPeriod)

  private static let leaseName = "kgateway"
  /// As of client-go: there has to be time for a second try.
  private static let leastTries = 1.2

  func validate() throws {
    let (lease, deadline, period) = (
      leaderElectionLeaseDuration, leaderElectionRenewDeadline, leaderElectionRetryPeriod
    )
    guard lease.duration.components.attoseconds == 0, lease.duration <= .seconds(86_400) else {
      throw ValidationError(
        "--leader-election-lease-duration \(lease): expected whole seconds, a day at the most; the Lease has no others")
    }
    guard deadline.duration < lease.duration else {
      throw ValidationError(
        """
        --leader-election-renew-deadline \(deadline): must be shorter than the Lease's duration, \(lease): a leader has \
        to stop before another one begins
        """)
    }
    guard period.duration * Self.leastTries < deadline.duration else {
      throw ValidationError(
        """
        --leader-election-retry-period \(period): must be clearly shorter than the renew deadline, \(deadline): there \
        has to be time for a second try
        """)
    }
    if leaderElectionNamespace?.isEmpty == true {
      throw ValidationError("--leader-election-namespace \"\": expected the name of a namespace")
    }
  }

  var lease: NamespacedName {
    NamespacedName(namespace: leaderElectionNamespace ?? OperatorNamespace.own, name: Self.leaseName)
  }

  var settings: LeaderElection.Settings {
    LeaderElection.Settings(
      leaseDuration: leaderElectionLeaseDuration.duration, renewDeadline: leaderElectionRenewDeadline.duration,
      retryPeriod: leaderElectionRetryPeriod.duration)
  }
}

/// A duration as Go and Kubernetes write simple ones: `15s`, `500ms`, `2m`.
struct DurationArgument: ExpressibleByArgument, CustomStringConvertible {
  let duration: Duration
  let description: String

  init(_ duration: Duration) {
    self.duration = duration
    let (seconds, attoseconds) = duration.components
    description = attoseconds == 0 ? "\(seconds)s" : "\(Int64(duration / .milliseconds(1)))ms"
  }

  init?(argument: String) {
    guard let parts = argument.wholeMatch(of: /(?<number>[0-9]{1,7})(?<unit>ms|s|m)/), let number = Int(parts.number),
      number > 0
    else { return nil }
    switch parts.unit {
    case "ms": duration = .milliseconds(number)
    case "s": duration = .seconds(number)
    default: duration = .seconds(number * 60)
    }
    description = argument
  }
}
