import APIServerDouble
import RealComponents
import Synchronization

/// Changes the cluster at a steady rate, at random, and follows what comes of each change.
final class ChangeMaker: Sendable {
  private enum Change: CaseIterable {
    case createRoute, createApplication, deleteRoute, changePath, changeGateway, changeService, replaceService
    case scaleUp, scaleDown, replaceEndpoints, renameSlice, changeServiceObject, changePolicy, removePolicy
  }

  /// Between two changes.
  private static let interval = Duration.milliseconds(50)
  /// Of routes that come and go.
  private static let routeLimit = 60
  /// Of changes that are followed at the same time.
  private static let followedLimit = 64

  let cluster: ChangedCluster
  let model: TrafficModel
  let record: LoadRecord
  let prober: RouteProber
  let drainer: BackendDrainer
  private struct State {
    var generator: SplitMix64
    var names = 0
    var busy: Set<String> = []
    var policies: Set<String> = []
    var followed = 0
  }
  private let state: Mutex<State>

  init(cluster: ChangedCluster, model: TrafficModel, prober: RouteProber, drainer: BackendDrainer, seed: UInt64) {
    self.cluster = cluster
    self.model = model
    self.prober = prober
    self.drainer = drainer
    record = cluster.record
    state = Mutex(State(generator: SplitMix64(seed: seed)))
  }

  /// Changes things for this time, then waits until all that was begun is done.
  func run(for duration: Duration) async {
    let start = ContinuousClock.now
    await withDiscardingTaskGroup { group in
      var number = 0
      while start.duration(to: .now) < duration {
        number += 1
        let due = start + Self.interval * number
        try? await Task.sleep(until: due)
        guard state.withLock({ $0.followed }) < Self.followedLimit else { continue }
        guard let (change, work) = next() else { continue }
        record.note { $0.changes += 1 }
        state.withLock { $0.followed += 1 }
        group.addTask {
          do {
            try await work()
          } catch {
            self.record.fail("\(change): \(error)")
          }
          self.state.withLock { $0.followed -= 1 }
        }
      }
    }
  }

  /// A change that there is something to do for.
  private func next() -> (Change, Work)? {
    for _ in 0..<20 {
      let change = choose(Change.allCases)
      if let work = prepare(change) { return (change, work) }
    }
    return nil
  }

  // MARK: Choosing

  private func choose<Element>(_ elements: [Element]) -> Element {
    let index = state.withLock { Int.random(in: elements.indices, using: &$0.generator) }
    return elements[index]
  }

  private func chance(_ part: Double) -> Bool {
    state.withLock { Double.random(in: 0..<1, using: &$0.generator) < part }
  }

  private func newName(_ prefix: String) -> String {
    state.withLock {
      $0.names += 1
      return "\(prefix)-\($0.names)"
    }
  }

  /// A route for a change, taken until it is given back; nil if there is none.
  private func takeRoute(_ isWanted: (ModelRoute) -> Bool) -> ModelRoute? {
    let candidates = model.routes.filter(isWanted).sorted { $0.name < $1.name }
    return state.withLock { state in
      let free = candidates.filter { !state.busy.contains($0.name) }
      guard let route = free.randomElement(using: &state.generator) else { return nil }
      state.busy.insert(route.name)
      return route
    }
  }

  private func giveBack(_ route: ModelRoute) { state.withLock { _ = $0.busy.remove(route.name) } }

  private typealias Work = @Sendable () async throws -> Void

  /// What a change does; nil if there is nothing to do it to.
  private func prepare(_ change: Change) -> Work? {
    switch change {
    case .createRoute: createRoute(ownsService: false)
    case .createApplication: createRoute(ownsService: true)
    case .deleteRoute: deleteRoute()
    case .changePath, .changeGateway: changePlace(movesGateway: change == .changeGateway)
    case .changeService: changeService()
    case .replaceService: replaceService()
    case .scaleUp, .scaleDown, .replaceEndpoints, .renameSlice: changeEndpoints(change)
    case .changeServiceObject: changeServiceObject()
    case .changePolicy: changePolicy()
    case .removePolicy: removePolicy()
    }
  }

  // MARK: Routes

  private func createRoute(ownsService: Bool) -> Work? {
    guard model.routes.count(where: { !$0.isSteady }) < Self.routeLimit else { return nil }
    let name = newName("route")
    let service = ownsService ? newName("own") : choose(cluster.sharedServices)
    let host = chance(0.5) ? "churn.example.com" : "\(name).example.com"
    let gateway = choose([0, 1])
    return { [self] in
      let route = ModelRoute(
        name: name, gateway: gateway, host: host, path: "/\(name)", service: service, isSteady: false)
      if ownsService { try await cluster.create(service, backends: 2, isOwned: true) }
      model.add(route)
      state.withLock { _ = $0.busy.insert(name) }
      try await prober.follow(route) { try await cluster.put(route) }
      giveBack(route)
    }
  }

  private func deleteRoute() -> Work? {
    guard let route = takeRoute({ !$0.isSteady }) else { return nil }
    return { [self] in
      let lasting = try await prober.beginLasting(route)
      try await quiesce(route)
      try await cluster.deleteRoute(route.name)
      if cluster.application(route.service)?.isOwned == true {
        try await cluster.delete(route.service) { try await drainer.drain($0) }
      }
      await lasting.value
      model.remove(route.name)
      giveBack(route)
    }
  }

  /// Moves a route to another path, or to another Gateway: there it is a new one.
  private func changePlace(movesGateway: Bool) -> Work? {
    guard let old = takeRoute({ !$0.isSteady }) else { return nil }
    let path = "/" + newName("path")
    return { [self] in
      let lasting = try await prober.beginLasting(old)
      try await quiesce(old)
      var new = old
      if movesGateway { new.gateway = 1 - old.gateway } else { new.path = path }
      model.add(new)
      try await prober.follow(new) { try await cluster.put(new) }
      await lasting.value
      giveBack(new)
    }
  }

  /// Has the load leave a route alone, and waits until what is under way has its answer.
  private func quiesce(_ route: ModelRoute) async throws {
    model.close(route.name)
    try await eventually("requests to \(route.name) are answered", within: .seconds(25), every: .milliseconds(2)) {
      model.underWay(route.name) == 0
    }
  }

  /// Leads a route to another Service while requests run.
  private func changeService() -> Work? {
    guard let route = takeRoute({ !isOwned($0.service) }) else { return nil }
    let service = choose(cluster.sharedServices)
    return { [self] in
      var new = route
      new.service = service
      model.move(route.name, to: service)
      try await cluster.put(new)
      giveBack(route)
    }
  }

  /// Leads a route to a new Service, and takes the one before away at once where it was for this route alone.
  private func replaceService() -> Work? {
    guard let route = takeRoute({ $0.isSteady || isOwned($0.service) }) else { return nil }
    let service = newName("own")
    return { [self] in
      try await cluster.create(service, backends: 1, isOwned: true)
      var new = route
      new.service = service
      model.move(route.name, to: service)
      try await cluster.put(new)
      if isOwned(route.service) { try await cluster.delete(route.service) { try await drainer.drain($0) } }
      giveBack(route)
    }
  }

  private func isOwned(_ service: String) -> Bool { cluster.application(service)?.isOwned == true }

  // MARK: Endpoints and Services

  private func changeEndpoints(_ change: Change) -> Work? {
    let service = choose(cluster.sharedServices)
    guard let application = cluster.take(service) else { return nil }
    let warnsFirst = chance(0.5)
    return { [self] in
      defer { cluster.giveBack(service) }
      var endpoints = application.endpoints
      var gone: [String] = []
      switch change {
      case .scaleUp where endpoints.count < 6: endpoints.append(try await cluster.fleet.start(service))
      case .scaleUp, .scaleDown:
        guard endpoints.count > 1 else { return }
        gone = [endpoints.removeFirst()]
      case .replaceEndpoints:
        gone = endpoints
        endpoints = []
        for _ in gone { endpoints.append(try await cluster.fleet.start(service)) }
      default: return try await cluster.setEndpoints(of: service, endpoints, newSlice: true)
      }
      // As the controller of EndpointSlices does when a pod ends: not ready at first, then gone.
      if warnsFirst, !gone.isEmpty {
        try await cluster.setEndpoints(of: service, endpoints, terminating: gone)
        try await Task.sleep(for: .milliseconds(100))
      }
      try await cluster.setEndpoints(of: service, endpoints)
      try await drainer.drain(gone)
    }
  }

  /// A change of a Service that makes no difference for its routes, or makes its cluster another one.
  private func changeServiceObject() -> Work? {
    let service = choose(cluster.sharedServices)
    guard cluster.take(service) != nil else { return nil }
    let (hasSecondPort, saysProtocol) = (chance(0.5), chance(0.5))
    return { [self] in
      defer { cluster.giveBack(service) }
      var object = Objects.service(service)
      var port: JSONValue = ["name": "http", "port": 8080, "targetPort": "http"]
      if saysProtocol { port["appProtocol"] = "http" }
      let second: JSONValue = ["name": "other", "port": 9090, "targetPort": "other"]
      object[["spec", "ports"]] = .array(hasSecondPort ? [port, second] : [port])
      try await cluster.put(object)
    }
  }

  // MARK: Policies

  /// Takes the name of a policy for a change, if no other is under way.
  private func takePolicy(_ name: String) -> Bool { state.withLock { $0.busy.insert(name).inserted } }

  private func givePolicyBack(_ name: String, exists: Bool) {
    state.withLock { state in
      state.busy.remove(name)
      if exists { state.policies.insert(name) } else { state.policies.remove(name) }
    }
  }

  private func changePolicy() -> Work? {
    let gateway = choose(ChangedCluster.gateways)
    let isTracing = chance(0.5)
    let name = "\(isTracing ? "tracing" : "log")-\(gateway)"
    guard takePolicy(name) else { return nil }
    let text = newName("format")
    let propagators: JSONValue = chance(0.5) ? ["W3C_TRACE_CONTEXT", "B3"] : ["W3C_TRACE_CONTEXT"]
    return { [self] in
      if isTracing {
        var policy = Objects.tracing(name, address: "127.0.0.1:9")
        policy[["spec", "targetRefs"]] = Self.target(gateway)
        policy[["spec", "tracing", "propagators"]] = propagators
        try await cluster.put(policy)
      } else {
        try await cluster.put(
          Objects.accessLog(name, target: gateway, ["path": "%REQ(:PATH)%", "text": .string(text)]))
      }
      givePolicyBack(name, exists: true)
    }
  }

  private static func target(_ gateway: String) -> JSONValue {
    [["group": .string(Objects.gatewayGroup), "kind": "Gateway", "name": .string(gateway)]]
  }

  private func removePolicy() -> Work? {
    let names = state.withLock { $0.policies.sorted() }
    guard !names.isEmpty else { return nil }
    let name = choose(names)
    guard takePolicy(name) else { return nil }
    return { [self] in
      try await cluster.delete("httplistenerpolicies", group: Objects.policyGroup, name)
      givePolicyBack(name, exists: false)
    }
  }
}
