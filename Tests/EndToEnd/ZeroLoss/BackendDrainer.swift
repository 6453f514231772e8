import RealComponents

/// Ends backends as pods end: when no proxy knows them any more, and what they were doing is done.
struct BackendDrainer: Sendable {
  let adminPorts: [Int]
  let fleet: BackendFleet
  let record: LoadRecord

  func drain(_ addresses: [String]) async throws {
    guard !addresses.isEmpty else { return }
    for address in addresses {
      let isBusy = fleet.underWay(address) > 0
      record.note {
        $0.drained += 1
        if isBusy { $0.drainedBusy += 1 }
      }
    }
    for port in adminPorts {
      try await eventually("no proxy knows \(addresses)", within: .seconds(60), every: .milliseconds(200)) {
        let clusters = try await HTTPConnection.get(port: port, "/clusters").body
        return !addresses.contains { clusters.contains("::\($0):") }
      }
    }
    for address in addresses {
      try await eventually("\(address) has nothing to do", within: .seconds(25)) { fleet.underWay(address) == 0 }
      await fleet.stop(address)
    }
  }
}
