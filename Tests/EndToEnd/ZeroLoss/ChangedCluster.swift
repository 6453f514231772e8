import APIServerDouble
import Synchronization

/// The objects of the cluster that change in a run, and who serves them.
///
/// The writing is done as a cluster does it: endpoints stand in an EndpointSlice before a route names their Service, and
/// a backend ends when no proxy sends to it any more, and what it had to do is done.
final class ChangedCluster: Sendable {
  struct Application {
    /// The addresses that the Service's EndpointSlice has.
    var endpoints: [String]
    /// The number in the name of its EndpointSlice.
    var slice = 1
    /// Whether a change of it is under way.
    var isBusy = false
    /// Whether it was made for one route alone, and goes with it.
    var isOwned = false
  }

  static let gateways = ["left", "right"]

  let apiServer: APIServerDouble
  let fleet: BackendFleet
  let record: LoadRecord
  private let applications = Mutex<[String: Application]>([:])

  init(apiServer: APIServerDouble, fleet: BackendFleet, record: LoadRecord) {
    self.apiServer = apiServer
    self.fleet = fleet
    self.record = record
  }

  // MARK: Services

  /// The Services that are there to stay, in order.
  var sharedServices: [String] {
    applications.withLock { $0.filter { !$0.value.isOwned }.keys.sorted() }
  }

  func application(_ service: String) -> Application? { applications.withLock { $0[service] } }

  /// Takes a Service for a change, if no other is under way.
  func take(_ service: String) -> Application? {
    applications.withLock { applications in
      guard let found = applications[service], !found.isBusy else { return nil }
      applications[service]?.isBusy = true
      return found
    }
  }

  func giveBack(_ service: String) { applications.withLock { $0[service]?.isBusy = false } }

  /// Creates a Service with backends.
  func create(_ service: String, backends: Int, isOwned: Bool) async throws {
    var addresses: [String] = []
    for _ in 0..<backends { addresses.append(try await fleet.start(service)) }
    let application = Application(endpoints: addresses, isOwned: isOwned)
    applications.withLock { $0[service] = application }
    try await put(Objects.service(service))
    try await putSlice(service, application)
  }

  /// Deletes a Service with its EndpointSlice, and ends its backends when nobody needs them.
  func delete(_ service: String, drain: ([String]) async throws -> Void) async throws {
    guard let application = applications.withLock({ $0.removeValue(forKey: service) }) else { return }
    try await delete("services", group: "", service)
    try await delete("endpointslices", group: "discovery.k8s.io", "\(service)-\(application.slice)")
    try await drain(application.endpoints)
  }

  /// Makes these the endpoints of a Service that was taken.
  func setEndpoints(
    of service: String, _ endpoints: [String], terminating: [String] = [], newSlice: Bool = false
  ) async throws {
    guard
      let (old, new) = applications.withLock({ applications -> (Application, Application)? in
        guard let old = applications[service] else { return nil }
        applications[service]?.endpoints = endpoints
        if newSlice { applications[service]?.slice += 1 }
        return applications[service].map { (old, $0) }
      })
    else { return }
    try await putSlice(service, new, terminating: terminating)
    if newSlice { try await delete("endpointslices", group: "discovery.k8s.io", "\(service)-\(old.slice)") }
  }

  private func putSlice(_ service: String, _ application: Application, terminating: [String] = []) async throws {
    var slice = Objects.endpoints(of: service, port: fleet.port)
    slice[["metadata", "name"]] = .string("\(service)-\(application.slice)")
    let ready = application.endpoints.map { Self.endpoint($0, isReady: true) }
    slice["endpoints"] = .array(ready + terminating.map { Self.endpoint($0, isReady: false) })
    try await put(slice)
  }

  private static func endpoint(_ address: String, isReady: Bool) -> JSONValue {
    [
      "addresses": [.string(address)],
      "conditions": ["ready": .bool(isReady), "serving": true, "terminating": .bool(!isReady)],
    ]
  }

  // MARK: Writing

  func put(_ object: JSONValue) async throws {
    try await apiServer.put(object)
    record.note { $0.writes += 1 }
  }

  func delete(_ plural: String, group: String, _ name: String) async throws {
    try await apiServer.delete(plural, group: group, namespace: Objects.namespace, name: name)
    record.note { $0.writes += 1 }
  }

  func put(_ route: ModelRoute) async throws {
    var object = Objects.route(
      route.name, path: route.path, to: route.service, gateway: Self.gateways[route.gateway])
    object[["spec", "hostnames"]] = [.string(route.host)]
    try await put(object)
  }

  func deleteRoute(_ name: String) async throws { try await delete("httproutes", group: Objects.gatewayGroup, name) }
}
