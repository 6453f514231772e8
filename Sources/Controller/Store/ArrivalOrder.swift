import KubernetesAPI
import Translator

/// Has changes of different kinds take effect in an order that keeps traffic whole.
///
/// Each kind is watched by itself, so a route can arrive before the Service that was created ahead of it, and the end of
/// a Service before the change of the route that leaves it. Taken as they come, requests would meet a backend that is not
/// known, or that is gone. So two kinds of change wait a moment for what may belong to them:
///
/// - a route that newly names a Service which is not there, or of which no EndpointSlice is, until they are;
/// - what takes the last endpoint, or the Service, from under a route, until no route names the Service any more.
///
/// What they wait for may never come: then they take effect when their time is over. Where requests are answered as long
/// as nothing is changed, that is four times as long: on a busy machine two kinds may arrive more than half a second
/// apart. A new route answers nobody yet, and its author wants to hear what is wrong. Of one object only the newest state
/// waits.
///
/// The first lists of the kinds are not of one moment either. So a Gateway with a route whose Service is not there, or has
/// no endpoints, is in doubt at first, and waits as well: its proxies may have what is right from before a restart.
///
/// A value without clock or I/O.
struct ArrivalOrder: Sendable {
  typealias Instant = ContinuousClock.Instant

  private struct Held {
    var event: ResourceEvent
    var deadline: Instant
    /// Of a route: those that it waits for. Of what goes: the one that it is about.
    var services: Set<NamespacedName>
  }

  private let patience: Duration
  private var held: [ObjectReference: Held] = [:]
  private var routesByService = RelationIndex<ObjectReference, NamespacedName>()
  private var removalsByService = RelationIndex<ObjectReference, NamespacedName>()

  /// Gateways in doubt, and until when.
  private var doubted: Set<NamespacedName> = []
  private var doubtEnd: Instant?

  /// - Parameter patience: how long a new route waits at most, and four times as long what would take a working backend
  ///   away; zero: nothing waits.
  init(patience: Duration) { self.patience = patience }

  /// Of what would leave requests without an answer that have one now.
  private var longPatience: Duration { patience * 4 }

  /// When the next wait is over; nil if nothing waits.
  var nextDeadline: Instant? { (held.values.map(\.deadline) + [doubtEnd].compactMap(\.self)).min() }

  // MARK: The first lists

  /// Begins with the Gateways that were there at the first sync.
  /// - Returns: those that need not wait.
  mutating func begin(
    with gateways: Set<NamespacedName>, in store: ResourceStore, at now: Instant
  ) -> Set<NamespacedName> {
    guard patience > .zero else { return gateways }
    doubted = gateways.filter(store.isDoubtful)
    doubtEnd = doubted.isEmpty ? nil : now + patience
    return gateways.subtracting(doubted)
  }

  /// Which Gateways are to be translated after a change: those that it reaches, but for those that are in doubt, with
  /// those that it takes the doubt from.
  mutating func settled(by affected: Affected, in store: ResourceStore) -> Set<NamespacedName> {
    guard !doubted.isEmpty else { return affected.gateways }
    var touched = affected.gateways
    for route in affected.endpoints.flatMap(store.routes(to:)) {
      touched.formUnion(store.routes[route]?.gateways ?? [])
    }
    let settled = touched.intersection(doubted).filter { !store.isDoubtful($0) }
    doubted.subtract(settled)
    if doubted.isEmpty { doubtEnd = nil }
    return affected.gateways.subtracting(doubted).union(settled)
  }

  /// The Gateways that have waited in vain.
  mutating func expiredDoubts(at now: Instant) -> Set<NamespacedName> {
    guard let doubtEnd, doubtEnd <= now else { return [] }
    defer { doubted = [] }
    self.doubtEnd = nil
    return doubted
  }

  // MARK: Changes

  /// Whether a change has to wait; it takes the place of what waited of the same object.
  mutating func holds(_ event: ResourceEvent, over store: ResourceStore, at now: Instant) -> Bool {
    guard patience > .zero else { return false }
    let reference = event.reference
    let before = remove(reference)
    switch event {
    case .upsert(.httpRoute(let route)):
      let left = store.services(of: route.metadata.id)
      let awaited = route.services.subtracting(left).filter { !store.isBacked($0) }
      guard !awaited.isEmpty else { return false }
      routesByService.set(reference, to: awaited)
      let wait = left.contains(where: store.isBacked) ? longPatience : patience
      held[reference] = Held(event: event, deadline: before?.deadline ?? now + wait, services: awaited)
    default:
      guard let service = store.service(losingAllBy: event) else { return false }
      removalsByService.set(reference, to: [service])
      held[reference] = Held(event: event, deadline: before?.deadline ?? now + longPatience, services: [service])
    }
    return true
  }

  /// The changes for which there is nothing to wait any more, now that another has taken effect.
  /// - Parameter left: the Services that this other one named before, if it is of a route.
  mutating func released(by event: ResourceEvent, leaving left: Set<NamespacedName>, in store: ResourceStore)
    -> [ResourceEvent]
  {
    guard !held.isEmpty else { return [] }
    var free: Set<ObjectReference> = []
    switch event {
    case .upsert(.service), .upsert(.endpointSlice):
      guard let service = event.serviceOfUpsert else { return [] }
      free = routesByService.sources(of: service).filter { route in
        held[route]?.services.allSatisfy(store.isBacked) ?? false
      }
    default:
      for service in left where store.routes(to: service).isEmpty {
        free.formUnion(removalsByService.sources(of: service))
      }
    }
    return take(free)
  }

  /// The changes whose wait is over.
  mutating func expired(at now: Instant) -> [ResourceEvent] {
    take(Set(held.filter { $0.value.deadline <= now }.keys))
  }

  private mutating func take(_ references: Set<ObjectReference>) -> [ResourceEvent] {
    references.sorted().compactMap { remove($0)?.event }
  }

  @discardableResult
  private mutating func remove(_ reference: ObjectReference) -> Held? {
    guard let found = held.removeValue(forKey: reference) else { return nil }
    routesByService.remove(reference)
    removalsByService.remove(reference)
    return found
  }
}

extension ResourceEvent {
  /// The Service that an object which is there is, or has endpoints of.
  fileprivate var serviceOfUpsert: NamespacedName? {
    switch self {
    case .upsert(.service(let service)): service.metadata.id
    case .upsert(.endpointSlice(let slice)): slice.service
    default: nil
    }
  }
}

extension ResourceStore {
  /// Whether a route of the Gateway names a Service that is not there, or that has no endpoints.
  fileprivate func isDoubtful(_ gateway: NamespacedName) -> Bool {
    isManaged(gateway)
      && routes(of: gateway).contains { route in
        route.services.contains { services[$0] == nil || !hasSlice(of: $0, where: \.isUsable) }
      }
  }

  /// Whether a Service is there with an EndpointSlice, if an empty one.
  fileprivate func isBacked(_ service: NamespacedName) -> Bool {
    services[service] != nil && hasSlice(of: service) { _ in true }
  }

  /// The Service that routes name, and that a change would leave without endpoints, or end; nil if there is none.
  fileprivate func service(losingAllBy event: ResourceEvent) -> NamespacedName? {
    switch event {
    case .delete(let reference) where reference.kind == .service:
      return services[reference.id] != nil && !routes(to: reference.id).isEmpty ? reference.id : nil
    case .delete(let reference) where reference.kind == .endpointSlice:
      return emptied(slices[reference.id], becoming: nil)
    case .upsert(.endpointSlice(let slice)):
      return emptied(slices[slice.metadata.id], becoming: slice)
    default:
      return nil
    }
  }

  private func emptied(_ old: EndpointSlice?, becoming new: EndpointSlice?) -> NamespacedName? {
    guard let old, let service = old.service, old.isUsable, !(new?.service == service && new?.isUsable == true),
      !routes(to: service).isEmpty
    else { return nil }
    let hasOther = hasSlice(of: service) { $0.metadata.id != old.metadata.id && $0.isUsable }
    return hasOther ? nil : service
  }
}

extension EndpointSlice {
  /// Whether any of its endpoints can take requests.
  fileprivate var isUsable: Bool { endpoints.contains { $0.isReady != false || $0.isServing == true } }
}
