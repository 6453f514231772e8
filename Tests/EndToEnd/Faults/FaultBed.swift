import APIServerDouble
import NIOSSL
import NetworkLink
import RealComponents
import ScriptedADSClient
import Testing

/// An installation that faults are brought to: an API server that speaks TLS and HTTP/2 as a real one does, a network to
/// it that can be cut, the operator, a proxy for each of two Gateways, requests that do not end, and somebody who looks at
/// everything that is pushed.
struct FaultBed: Sendable {
  let world: World
  let link: NetworkLink
  let kgateway: KubernetesOperator
  let authorities: FaultAuthorities
  /// Of each Gateway.
  let loads: [RequestLoad]
  let watches: [SnapshotWatch]
  /// What the operator takes when it has been through the changes of a case, and of no fault.
  let memory: ResidentMemory

  @TaskLocal static var current: FaultBed?

  var cluster: KubernetesCluster { world.cluster }
  var apiServer: APIServerDouble { world.cluster.apiServer }

  /// How much more memory than before the operator may have, in MiB, after any number of cases. Of what a fault brings in
  /// (two lists at once, an object in its several forms) malloc keeps some: 12 MiB after the first of ten rounds, and up to
  /// 11 MiB more after the others. Nearly all of that comes with the objects of 1.5 MiB; the other cases leave it flat.
  /// Whether it is malloc's or a leak of that case this bound cannot tell.
  static let memoryAllowance = 24.0

  /// The file that the operator reads its token from.
  var tokenPath: String { cluster.folder.path("token") }

  static func withRunning(_ body: (FaultBed) async throws -> Void) async throws {
    let authorities = try FaultAuthorities()
    try await Backend.with(name: "one") { one in
      try await Backend.with(name: "two") { two in
        try await KubernetesCluster.withRunning {
          // An operator is told by a bookmark that its watch is alive; a real server says one every minute.
          $0.bookmarkInterval = .milliseconds(500)
        } _: { cluster in
          let world = World(cluster: cluster, ports: try LoopbackPorts.free(2), backends: [one, two])
          try await cluster.put(world.standing + world.first)
          try await NetworkLink.withRunning(to: cluster.apiServer.port, from: "127.0.0.11") { link in
            try await writeKubeconfig(cluster, link, authorities)
            let arguments = ["--no-deployer", "--watch-silence", "3s"]
            try await KubernetesOperator.withReady(
              cluster, arguments, kubeconfig: cluster.folder.path("operator-kubeconfig")
            ) { kgateway in
              try await withProxies(world, link, kgateway, authorities, body)
            }
          }
        }
      }
    }
  }

  /// The operator's: its token is in a file, as in a pod, and it trusts two authorities, as while one takes over from the
  /// other.
  private static func writeKubeconfig(
    _ cluster: KubernetesCluster, _ link: NetworkLink, _ authorities: FaultAuthorities
  ) async throws {
    try cluster.folder.write(cluster.apiServer.configuration.token, to: "token")
    let text = await cluster.apiServer.kubeconfig(
      authority: TestCertificates.authority + authorities.trusted, port: link.port)
    let token = JSONValue.string(cluster.apiServer.configuration.token).jsonText
    let path = JSONValue.string(cluster.folder.path("token")).jsonText
    try cluster.folder.write(
      text.replacing("\"token\":\(token)", with: "\"tokenFile\":\(path)"), to: "operator-kubeconfig")
  }

  private static func withProxies(
    _ world: World, _ link: NetworkLink, _ kgateway: KubernetesOperator, _ authorities: FaultAuthorities,
    _ body: (FaultBed) async throws -> Void
  ) async throws {
    let names = World.gateways.map { "\(Objects.namespace)/\($0)" }
    func standing(_ index: Int) -> SnapshotWatch.Standing {
      let service = "cluster~\(Objects.namespace)~demo-backend~8080"
      return SnapshotWatch.Standing(
        names: [
          ADSTypeURL.listener: ["listener~\(world.ports[index])"], ADSTypeURL.cluster: [service],
          ADSTypeURL.endpoint: [service],
        ], paths: ["/load"])
    }
    try await KubernetesProxy.withRunning(of: names[0], controlPlane: kgateway) { _ in
      try await KubernetesProxy.withRunning(of: names[1], controlPlane: kgateway) { _ in
        try await SnapshotWatch.run(of: names[0], standing: standing(0), port: kgateway.xdsPort) { first in
          try await SnapshotWatch.run(of: names[1], standing: standing(1), port: kgateway.xdsPort) { second in
            for port in world.ports {
              try await eventually("requests are answered", within: .seconds(60)) {
                try await HTTPConnection.get(port: port, "/load").status == 200
              }
            }
            try await RequestLoad.run(onPort: world.ports[0], pause: .milliseconds(5)) { firstLoad in
              try await RequestLoad.run(onPort: world.ports[1], pause: .milliseconds(5)) { secondLoad in
                try await begin(
                  world, link, kgateway, authorities, loads: [firstLoad, secondLoad], watches: [first, second], body)
              }
            }
          }
        }
      }
    }
  }

  /// Goes through the changes of a case once without a fault, so that what it costs once is not put to a fault's account.
  private static func begin(
    _ world: World, _ link: NetworkLink, _ kgateway: KubernetesOperator, _ authorities: FaultAuthorities,
    loads: [RequestLoad], watches: [SnapshotWatch], _ body: (FaultBed) async throws -> Void
  ) async throws {
    try await world.expectFirst(within: .seconds(60))
    try await world.enterSecond()
    try await world.expectSecond(within: .seconds(60))
    try await world.returnToFirst()
    try await world.expectFirst(within: .seconds(60))
    try await eventually("all that is always there has come", within: .seconds(10)) {
      watches.allSatisfy(\.isWhole)
    }
    try await body(
      FaultBed(
        world: world, link: link, kgateway: kgateway, authorities: authorities, loads: loads, watches: watches,
        memory: try await ResidentMemory(of: kgateway)))
  }

  // MARK: Looking

  /// How often watches were begun anew for a reason, or any of those with `|` between them.
  func restarts(_ reasons: String) async throws -> Double {
    var sum = 0.0
    for reason in reasons.split(separator: "|") { sum += try await kgateway.watchRestarts(String(reason)) }
    return sum
  }

  /// Waits until the operator knows what the API server has, each object in its version.
  ///
  /// - Parameter exceptions: objects that differ, as `/objects` names them: `Service a/b`.
  func waitForTheSame(except exceptions: Set<String> = [], within limit: Duration) async throws {
    var difference = ""
    do {
      try await eventually("the operator knows what the server has", within: limit, every: .milliseconds(20)) {
        func kept(_ objects: ServedObjects) -> ServedObjects {
          ServedObjects(lines: objects.lines.filter { line in !exceptions.contains { line.hasPrefix("\($0) ") } })
        }
        let stored = kept(await ServedObjects.stored(in: apiServer))
        let known = kept(try await ServedObjects.known(to: kgateway))
        difference = stored.difference(to: known)
        return stored.lines == known.lines
      }
    } catch let error as NeverCameTrue {
      throw World.Unexpected(
        description: "\(error): \(difference)\n\(kgateway.process.errorOutput.tail(30))")
    }
  }
}

/// Installs a ``FaultBed`` once for all tests of a suite.
struct WithFaultBed: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await FaultBed.withRunning { bed in
      try await FaultBed.$current.withValue(bed) { try await function() }
    }
  }
}
