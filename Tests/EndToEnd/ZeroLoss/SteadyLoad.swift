import NIOHTTP1
import RealComponents
import Synchronization

/// Requests to the routes of the model: on connections that are kept, on new ones, and some that last.
struct SteadyLoad: Sendable {
  enum Style: CaseIterable {
    case kept, kept2, kept3, fresh, lasting
  }

  let ports: [Int]
  let model: TrafficModel
  let fleet: BackendFleet
  let record: LoadRecord
  let isStopped = Signal()
  private static let ids = Atomic<UInt64>(1)
  /// Between two requests of one client.
  private static let pause = Duration.milliseconds(15)

  /// Sends until it is stopped; returns when every request that was begun has its answer.
  func run(seed: UInt64) async {
    await withDiscardingTaskGroup { group in
      group.addTask { await watchClock() }
      for gateway in ports.indices {
        for (index, style) in Style.allCases.enumerated() {
          let seed = seed &+ UInt64(gateway * 100 + index)
          group.addTask {
            var generator = SplitMix64(seed: seed)
            while !isStopped.isSet { await useConnection(to: gateway, style, &generator) }
          }
        }
      }
    }
  }

  /// Sees what the machine alone adds to what is measured: how late timers fire, and how long work takes that a processor
  /// could do in a millisecond.
  private func watchClock() async {
    while !isStopped.isSet {
      let start = ContinuousClock.now
      try? await Task.sleep(for: .milliseconds(50))
      let late = start.duration(to: .now) - .milliseconds(50)
      let slowness = MachineLoad.slowness()
      record.note {
        $0.stalls.append(late)
        $0.slowness.append(slowness)
      }
    }
  }

  private func useConnection(to gateway: Int, _ style: Style, _ generator: inout SplitMix64) async {
    do {
      try await HTTPConnection.with(port: ports[gateway]) { connection in
        var isFirst = true
        while !isStopped.isSet {
          guard let route = model.begin(gateway, lasting: style == .lasting, &generator) else {
            try await Task.sleep(for: .milliseconds(10))
            continue
          }
          let isOpen = try await send(to: route, on: &connection, isFirst: isFirst, style, &generator)
          try await Task.sleep(for: Self.pause)
          guard isOpen, style != .fresh else { return }
          isFirst = false
        }
      }
    } catch is ClosedIdle {
      record.note { $0.closedIdle += 1 }
    } catch is CancellationError {
    } catch {
      record.fail("no connection to Gateway \(gateway): \(error)")
    }
  }

  /// The connection was closed before the request had left it.
  private struct ClosedIdle: Error {}

  /// - Returns: whether the connection can be used again.
  private func send(
    to route: ModelRoute, on connection: inout HTTPConnection, isFirst: Bool, _ style: Style,
    _ generator: inout SplitMix64
  ) async throws -> Bool {
    let id = Self.ids.wrappingAdd(1, ordering: .relaxed).oldValue
    var headers = [("x-id", "\(id)")]
    if style == .lasting { headers.append(("x-wait", "\(Int.random(in: 100...2500, using: &generator))")) }
    let begun = ContinuousClock.now
    defer { if style != .lasting { model.end(route.name) } }
    do {
      let answer = try await connection.get(route.path + "/x", headers: headers, host: route.host)
      record.note {
        $0.requests += 1
        if style == .lasting { $0.lastingRequests += 1 }
      }
      judge(answer, to: route, begun)
      return answer.headers.first(name: "connection") != "close"
    } catch {
      // What has not arrived anywhere, on a connection that had served before, was never sent on: a client may repeat it.
      if !isFirst, !fleet.hasSeen(id), begun.duration(to: .now) < .seconds(1) { throw ClosedIdle() }
      record.note { $0.requests += 1 }
      record.fail("\(route.name) \(route.host)\(route.path) of Gateway \(route.gateway), \(style): \(error)")
      return false
    }
  }

  private func judge(_ answer: HTTPAnswer, to route: ModelRoute, _ begun: ContinuousClock.Instant) {
    let place = "\(route.name) \(route.host)\(route.path) of Gateway \(route.gateway)"
    let took = begun.duration(to: .now)
    guard answer.status == 200, let service = answer.headers.first(name: "x-backend") else {
      return record.fail("\(place): status \(answer.status) after \(took): \(answer.body)")
    }
    if let fault = model.fault(route, answeredBy: service, begun: begun) {
      record.fail("\(place): answered \(fault)")
    }
  }
}

/// Something that happens once.
final class Signal: Sendable {
  private let value = Atomic(false)

  var isSet: Bool { value.load(ordering: .relaxed) }

  func set() { value.store(true, ordering: .relaxed) }
}
