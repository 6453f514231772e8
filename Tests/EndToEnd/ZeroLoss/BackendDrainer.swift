import RealComponents
import Synchronization

/// Ends backends as pods end: when no proxy knows them any more, and what they were doing is done.
final class BackendDrainer: Sendable {
  /// What the proxies know, as of one look at them.
  private struct View {
    var begun: ContinuousClock.Instant
    var addresses: Set<String>
  }

  /// Between two looks: a proxy's list of clusters is long.
  private static let interval = Duration.milliseconds(250)

  private let adminPorts: [Int]
  private let fleet: BackendFleet
  private let record: LoadRecord
  private let view = Mutex<View?>(nil)

  init(adminPorts: [Int], fleet: BackendFleet, record: LoadRecord) {
    self.adminPorts = adminPorts
    self.fleet = fleet
    self.record = record
  }

  /// Looks at the proxies until the task is cancelled.
  func watch() async {
    while !Task.isCancelled {
      let begun = ContinuousClock.now
      do {
        var addresses: Set<String> = []
        for port in adminPorts { addresses.formUnion(try await Self.addresses(port)) }
        view.withLock { $0 = View(begun: begun, addresses: addresses) }
      } catch is CancellationError {
        return
      } catch {
        record.fail("a proxy does not say what it knows: \(error)")
      }
      try? await Task.sleep(for: Self.interval)
    }
  }

  private static func addresses(_ adminPort: Int) async throws -> Set<String> {
    var found: Set<String> = []
    for line in try await HTTPConnection.get(port: adminPort, "/clusters").body.split(separator: "\n") {
      // CLUSTER::ADDRESS:PORT::health_flags::healthy
      guard line.contains("::health_flags::"), let address = line.firstRange(of: "::127.") else { continue }
      found.insert(String(line[address.lowerBound...].dropFirst(2).prefix { $0 != ":" }))
    }
    return found
  }

  /// Ends backends that are in no EndpointSlice any more.
  func drain(_ addresses: [String]) async throws {
    guard !addresses.isEmpty else { return }
    let removed = ContinuousClock.now
    for address in addresses {
      let isBusy = fleet.underWay(address) > 0
      record.note {
        $0.drained += 1
        if isBusy { $0.drainedBusy += 1 }
      }
    }
    try await eventually("no proxy knows \(addresses)", within: .seconds(60), every: .milliseconds(50)) {
      view.withLock { view in
        guard let view, view.begun > removed else { return false }
        return view.addresses.isDisjoint(with: addresses)
      }
    }
    for address in addresses {
      try await eventually("\(address) has nothing to do", within: .seconds(25)) { fleet.underWay(address) == 0 }
      await fleet.stop(address)
    }
  }
}
