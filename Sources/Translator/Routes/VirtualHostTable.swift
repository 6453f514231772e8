import KubernetesAPI

/// The routes of the listeners on one port, sorted by host.
///
/// A request belongs to the listener with the narrowest host, and never falls through to another ("Listener Isolation"
/// in the Gateway API). Within that listener the routes of the narrowest host come first; where none of them matches,
/// those of the wildcards above it do. Envoy looks at one virtual host only, so each gets the routes of its wildcards
/// at its end.
struct VirtualHostTable {
  private struct Host {
    let listener: Int
    var entries: [Entry] = []

    var sortedEntries: [Entry] { entries.count > 1 ? entries.sorted { $0.precedence < $1.precedence } : entries }
  }

  private struct Entry: Hashable {
    /// Unlike that of any other entry of the same port.
    let precedence: MatchPrecedence
    let entry: RouteEntry

    static func == (left: Self, right: Self) -> Bool { left.precedence == right.precedence }

    func hash(into hasher: inout Hasher) { hasher.combine(precedence) }
  }

  /// What hosts must have in common to share a virtual host.
  private struct Group: Hashable {
    let listener: Int?
    let entries: [Entry]
  }

  /// The narrowest host first.
  private let listeners: [ListenerSet.Listener]
  private var hosts: [Hostname: Host] = [:]
  private let separatesListeners: Bool
  private let enablesConnect: Bool

  /// - Parameters:
  ///   - listeners: those that share the port.
  ///   - separatesListeners: whether every virtual host is to be of one listener and to tell it by its name.
  ///   - enablesConnect: whether requests of the method CONNECT are taken.
  init(listeners: [ListenerSet.Listener], separatesListeners: Bool = false, enablesConnect: Bool = false) {
    self.separatesListeners = separatesListeners
    self.enablesConnect = enablesConnect
    self.listeners = listeners.sorted { ($0.hostname, $0.index) < ($1.hostname, $1.index) }
    // A host without routes takes its requests away from the listeners with wider hosts.
    if listeners.count > 1 {
      for listener in listeners where !listener.hostname.isAny {
        hosts[listener.hostname] = Host(listener: listener.index)
      }
    }
  }

  /// Adds a route's entries under the hosts that it has in common with a listener.
  ///
  /// - Parameter rank: the place of the route among all, the oldest first.
  mutating func add(_ entries: [RouteEntry], rank: Int, at place: RouteAttachment.Place) {
    let entries = entries.map { Entry(precedence: $0.precedence.of(route: rank), entry: $0) }
    for hostname in place.hostnames where listener(of: hostname) == place.listener {
      hosts[hostname, default: Host(listener: place.listener)].entries += entries
    }
  }

  private func listener(of hostname: Hostname) -> Int? {
    listeners.count == 1 ? listeners[0].index : listeners.first { $0.hostname.covers(hostname) }?.index
  }

  /// One virtual host for each set of routes, in the order of their names; hosts with the same routes share it.
  func virtualHosts() -> [VirtualHost] {
    let wildcards = hosts.filter { $0.key.isWildcard }.mapValues { (listener: $0.listener, entries: $0.sortedEntries) }
    var domains: [Group: [String]] = [:]
    domains.reserveCapacity(hosts.count)
    for (hostname, host) in hosts {
      let group = Group(
        listener: separatesListeners ? host.listener : nil, entries: entries(of: hostname, host, wildcards))
      domains[group, default: []].append(hostname.domain)
    }
    return domains.map { group, domains in
      let domains = domains.sorted()
      return VirtualHost(
        name: prefix(of: group.listener) + (domains.first ?? ""), domains: domains, routes: encoded(group.entries))
    }
    .sorted { $0.name < $1.name }
  }

  private func encoded(_ entries: [Entry]) -> [[UInt8]] {
    entries.flatMap { entry in
      enablesConnect ? [entry.entry.route, entry.entry.connect].compactMap(\.self) : [entry.entry.route]
    }
  }

  private func prefix(of listener: Int?) -> String {
    listeners.first { $0.index == listener }.map { ResourceName.virtualHostPrefix(listener: $0.spec.name) } ?? ""
  }

  /// - Parameter wildcards: the hosts that are wildcards, their entries in order.
  private func entries(
    of hostname: Hostname, _ host: Host, _ wildcards: [Hostname: (listener: Int, entries: [Entry])]
  ) -> [Entry] {
    var result = host.sortedEntries
    // Nearly always there are none, and to think of those that could be takes longer than all the rest.
    guard !wildcards.isEmpty else { return result }
    var seen: Set<Entry>?
    for name in hostname.wildcards {
      guard let wildcard = wildcards[name], wildcard.listener == host.listener else { continue }
      var known = seen ?? Set(result)
      result += wildcard.entries.filter { known.insert($0).inserted }
      seen = known
    }
    return result
  }
}
