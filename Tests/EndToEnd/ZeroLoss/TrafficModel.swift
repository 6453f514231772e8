import Synchronization

/// A route as it is to answer.
struct ModelRoute: Sendable, Hashable {
  let name: String
  var gateway: Int
  var host: String
  var path: String
  /// The Service that its requests go to.
  var service: String
  /// There for the whole of the run.
  let isSteady: Bool
}

/// What requests are to be answered, while routes change.
///
/// A route that moves to another Service may be answered by both until the first answer of the new one, and for the time
/// that a proxy's other threads take afterwards.
final class TrafficModel: Sendable {
  /// Between two threads of one proxy it is much less than a millisecond; the rest is for a machine that is busy.
  private static let overlap = Duration.seconds(1)

  private struct Entry {
    var route: ModelRoute
    /// Whether the load may send requests to it: it has answered.
    var isOpen = false
    /// Requests under way that are answered at once.
    var underWay = 0
    /// Services that may still answer, and until when.
    var former: [String: ContinuousClock.Instant?] = [:]
  }

  private struct State {
    var entries: [String: Entry] = [:]
    /// Of each Gateway, the names of the routes that requests may be sent to.
    var open: [[String]] = [[], []]
  }

  private let state = Mutex(State())

  var routes: [ModelRoute] { state.withLock { $0.entries.values.map(\.route) } }

  /// Adds a route, or puts it where it is now, to which no request is sent yet.
  func add(_ route: ModelRoute) { state.withLock { $0.entries[route.name] = Entry(route: route) } }

  /// Has the load send requests to a route.
  func open(_ name: String) {
    state.withLock { state in
      guard let entry = state.entries[name], !entry.isOpen else { return }
      state.entries[name]?.isOpen = true
      state.open[entry.route.gateway].append(name)
    }
  }

  /// Has the load send no more requests to a route.
  func close(_ name: String) {
    state.withLock { state in
      guard let entry = state.entries[name], entry.isOpen else { return }
      state.entries[name]?.isOpen = false
      state.open[entry.route.gateway].removeAll { $0 == name }
    }
  }

  func remove(_ name: String) {
    close(name)
    state.withLock { $0.entries[name] = nil }
  }

  /// Notes that a route goes to another Service from now on.
  func move(_ name: String, to service: String) {
    state.withLock { state in
      guard let old = state.entries[name]?.route.service, old != service else { return }
      state.entries[name]?.former[old] = .some(nil)
      state.entries[name]?.former[service] = nil
      state.entries[name]?.route.service = service
    }
  }

  /// A route of the Gateway, and counts a request to it.
  func begin(_ gateway: Int, lasting: Bool, _ generator: inout some RandomNumberGenerator) -> ModelRoute? {
    state.withLock { state in
      guard let name = state.open[gateway].randomElement(using: &generator), let entry = state.entries[name] else {
        return nil
      }
      if !lasting { state.entries[name]?.underWay += 1 }
      return entry.route
    }
  }

  func end(_ name: String) { state.withLock { $0.entries[name]?.underWay -= 1 } }

  /// How many requests to a route are under way, not counting those that last.
  func underWay(_ name: String) -> Int { state.withLock { $0.entries[name]?.underWay ?? 0 } }

  /// What is wrong with an answer; nil if nothing is.
  /// - Parameter route: as it was when the request began.
  func fault(_ route: ModelRoute, answeredBy service: String, begun: ContinuousClock.Instant) -> String? {
    state.withLock { state in
      // Whatever is gone by now may have answered while it was there.
      guard let entry = state.entries[route.name] else { return service == route.service ? nil : "by \(service)" }
      if service == entry.route.service {
        let end = ContinuousClock.now + Self.overlap
        for (name, known) in entry.former where known == nil {
          state.entries[route.name]?.former[name] = .some(end)
        }
        return nil
      }
      if service == route.service && begun + Self.overlap > .now { return nil }
      switch entry.former[service] {
      case .some(nil): return nil
      case .some(let end?) where begun < end: return nil
      case .some(let end?): return "by \(service), from which it had moved \(end.duration(to: begun)) before"
      case nil: return "by \(service) instead of \(entry.route.service)"
      }
    }
  }
}
