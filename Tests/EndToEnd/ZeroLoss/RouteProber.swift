import NIOHTTP1
import RealComponents

/// Finds out when a route answers, and holds requests open across changes.
struct RouteProber: Sendable {
  private static let patience = Duration.seconds(60)

  let ports: [Int]
  let model: TrafficModel
  let record: LoadRecord
  let kgateway: RestartedOperator
  let fleet: BackendFleet

  /// Creates a route, asks until it answers, and has the load send requests to it from then on.
  ///
  /// Before that it may answer that it is not there, and nothing else; afterwards it has to answer on any connection.
  func follow(_ route: ModelRoute, _ create: () async throws -> Void) async throws {
    try await findOut(route, create)
    for _ in 0..<4 {
      let answer = try await HTTPConnection.get(port: ports[route.gateway], route.path, host: route.host)
      record.note { $0.requests += 1 }
      if answer.status != 200 { record.fail("\(route.name) answers \(answer.status) after it has answered") }
    }
  }

  private func findOut(_ route: ModelRoute, _ create: () async throws -> Void) async throws {
    let created = ContinuousClock.now
    try await create()
    try await HTTPConnection.with(port: ports[route.gateway]) { connection in
      var connection = connection
      while created.duration(to: .now) < Self.patience {
        let answer = try await connection.get(route.path, host: route.host)
        if answer.status == 200 {
          arrived(route, answer, created: created)
          return
        }
        guard answer.status == 404 else {
          return record.fail("\(route.name) answers \(answer.status) before it answers: \(answer.body)")
        }
        guard answer.headers.first(name: "connection") != "close" else { break }
        try await Task.sleep(for: .milliseconds(2))
      }
      try await wait(for: route, created)
    }
  }

  /// On a new connection each time: the one before was asked to end.
  private func wait(for route: ModelRoute, _ created: ContinuousClock.Instant) async throws {
    while created.duration(to: .now) < Self.patience {
      let answer = try await HTTPConnection.get(port: ports[route.gateway], route.path, host: route.host)
      if answer.status == 200 { return arrived(route, answer, created: created) }
      guard answer.status == 404 else {
        return record.fail("\(route.name) answers \(answer.status) before it answers: \(answer.body)")
      }
      try await Task.sleep(for: .milliseconds(2))
    }
    record.fail("\(route.name) never answers at \(route.host)\(route.path) of Gateway \(route.gateway)")
  }

  private func arrived(_ route: ModelRoute, _ answer: HTTPAnswer, created: ContinuousClock.Instant) {
    let now = ContinuousClock.now
    if let fault = model.fault(route, answeredBy: answer.headers.first(name: "x-backend") ?? "nobody", begun: created) {
      record.fail("\(route.name): answered \(fault)")
    }
    model.open(route.name)
    if kgateway.life(with: created, now) != nil {
      record.note { $0.arrivals.append(created.duration(to: now)) }
    } else {
      let life = kgateway.lastLife(before: now)
      record.note {
        $0.arrivalsAfterSync.append(max(.zero, (life.map { max($0.synced, created) } ?? created).duration(to: now)))
        let connected = life?.connected.map { max($0, created) } ?? now
        $0.arrivalsAfterConnection.append(max(.zero, connected.duration(to: now)))
      }
    }
  }

  /// Begins a request that lasts, and returns when a backend works on it; it has to be answered whatever comes.
  func beginLasting(_ route: ModelRoute) async throws -> Task<Void, Never> {
    let id = UInt64.random(in: 1 << 62...UInt64.max)
    let request = Task { [ports, record] in
      do {
        let answer = try await HTTPConnection.get(
          port: ports[route.gateway], route.path, headers: [("x-id", "\(id)"), ("x-wait", "1500")], host: route.host)
        record.note {
          $0.requests += 1
          $0.lastingRequests += 1
        }
        if answer.status != 200 { record.fail("\(route.name), under way: status \(answer.status): \(answer.body)") }
      } catch {
        record.fail("\(route.name), under way: \(error)")
      }
    }
    try await eventually("a request to \(route.name) is under way", within: .seconds(25), every: .milliseconds(2)) {
      fleet.hasSeen(id)
    }
    return request
  }
}
