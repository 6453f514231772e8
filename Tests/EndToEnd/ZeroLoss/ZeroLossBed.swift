import APIServerDouble
import FoundationEssentials
import NIOHTTP1
import RealComponents

/// A cluster with two Gateways of 100 routes each, a proxy of each, and the load on them.
struct ZeroLossBed {
  private static let routesOfEach = 100
  private static let services = 20

  let load: SteadyLoad
  let changes: ChangeMaker
  private let model: TrafficModel
  private let kgateway: RestartedOperator

  /// Runs all of it for the time of the body, which has to stop the load at its end.
  /// - Parameters:
  ///   - interval: how long a control plane lives.
  ///   - judge: gets what was seen, and the end of the operator's log, when all requests are answered.
  static func withRunning(
    seed: UInt64, interval: Duration, _ body: (ZeroLossBed) async throws -> Void,
    _ judge: (LoadRecord.Figures, String) -> Void
  ) async throws {
    let fleet = BackendFleet(port: try LoopbackPorts.free())
    let ports = try LoopbackPorts.free(2)
    let kgateway = RestartedOperator(xdsPort: try LoopbackPorts.free())
    let record = LoadRecord()
    try await KubernetesCluster.withRunning(isSecure: false) { kubernetes in
      let cluster = ChangedCluster(apiServer: kubernetes.apiServer, fleet: fleet, record: record)
      let model = TrafficModel()
      try await populate(cluster, model, ports)
      let isStopped = Signal()
      try await withThrowingTaskGroup { group in
        group.addTask {
          try await kgateway.run(
            kubernetes, Replicas.durations(), interval: interval, proxies: 2, record: record, until: isStopped)
        }
        try await withProxies(of: kgateway) { proxies in
          let prober = RouteProber(ports: ports, model: model, record: record, kgateway: kgateway, fleet: fleet)
          let drainer = BackendDrainer(adminPorts: proxies.map(\.adminPort), fleet: fleet, record: record)
          let changes = ChangeMaker(
            cluster: cluster, model: model, prober: prober, drainer: drainer, seed: seed)
          let load = SteadyLoad(ports: ports, model: model, fleet: fleet, record: record)
          let bed = ZeroLossBed(load: load, changes: changes, model: model, kgateway: kgateway)
          try await bed.waitUntilRight()
          for route in model.routes { model.open(route.name) }
          record.note { $0 = LoadRecord.Figures() }
          try await bed.underLoad(seed, drainer, body)
        }
        isStopped.set()
        try await group.waitForAll()
      }
      judge(record.current, kgateway.log)
      await fleet.stopAll()
    }
  }

  private static func withProxies(
    of kgateway: RestartedOperator, _ body: ([KubernetesProxy]) async throws -> Void
  ) async throws {
    func withProxy(of index: Int, _ body: (KubernetesProxy) async throws -> Void) async throws {
      let name = ChangedCluster.gateways[index]
      // What a proxy was sent is in its log, if that is wanted.
      let logging = ProcessInfo.processInfo.environment["KGATEWAY_ZERO_LOSS_LOGS"].map {
        ["--component-log-level", "upstream:debug,config:debug", "--log-path", "\($0)/\(name).log"]
      }
      try await KubernetesProxy.withRunning(
        of: "\(Objects.namespace)/\(name)", controlPlanePort: kgateway.xdsPort, arguments: logging ?? [], body)
    }
    try await withProxy(of: 0) { left in
      try await withProxy(of: 1) { right in
        do {
          try await body([left, right])
        } catch {
          print("the proxies wrote:\n\(left.process.errorOutput.tail(10))\n\(right.process.errorOutput.tail(10))")
          throw error
        }
      }
    }
  }

  private func underLoad(
    _ seed: UInt64, _ drainer: BackendDrainer, _ body: (ZeroLossBed) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup { group in
      group.addTask { await load.run(seed: seed) }
      let watch = Task { await drainer.watch() }
      defer { watch.cancel() }
      do {
        try await body(self)
      } catch {
        load.isStopped.set()
        throw error
      }
      load.isStopped.set()
      try await group.waitForAll()
    }
  }

  private static func populate(_ cluster: ChangedCluster, _ model: TrafficModel, _ ports: [Int]) async throws {
    try await cluster.put(Objects.gatewayClass())
    for (name, port) in zip(ChangedCluster.gateways, ports) {
      try await cluster.put(Objects.gateway(name, port: port))
    }
    for number in 0..<services { try await cluster.create("service-\(number)", backends: 2, isOwned: false) }
    for number in 0..<(2 * routesOfEach) {
      let route = ModelRoute(
        name: "steady-\(number)", gateway: number % 2, host: "host-\(number % 20).example.com",
        path: "/steady/\(number)", service: "service-\(number % services)", isSteady: true)
      model.add(route)
      try await cluster.put(route)
    }
  }

  /// Waits until every route is answered by the Service that it names.
  func waitUntilRight() async throws {
    var wrong = model.routes
    try await eventually("all routes are answered as they are to be", within: .seconds(60), every: .milliseconds(50)) {
      var left: [ModelRoute] = []
      for gateway in load.ports.indices {
        try await HTTPConnection.with(port: load.ports[gateway]) { connection in
          for route in wrong where route.gateway == gateway {
            let answer = try await connection.get(route.path, host: route.host)
            if answer.status != 200 || answer.headers.first(name: "x-backend") != route.service { left.append(route) }
            if answer.headers.first(name: "connection") == "close" {
              left += wrong.drop { $0 != route }.dropFirst().filter { $0.gateway == gateway }
              return
            }
          }
        }
      }
      wrong = left
      return left.isEmpty
    }
  }
}
