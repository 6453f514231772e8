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
  }

  private struct Entry {
    /// Unlike that of any other entry of the same port.
    let precedence: MatchPrecedence
    let entry: RouteEntry
  }

  /// What hosts must have in common to share a virtual host.
  private struct Group: Hashable {
    let listener: Int?
    let precedences: [MatchPrecedence]
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
    let sorted = hosts.mapValues { $0.entries.sorted { $0.precedence < $1.precedence } }
    var domains: [Group: [String]] = [:]
    var routes: [Group: [Entry]] = [:]
    for (hostname, host) in hosts {
      let entries = entries(of: hostname, host, sorted)
      let key = Group(listener: separatesListeners ? host.listener : nil, precedences: entries.map(\.precedence))
      domains[key, default: []].append(hostname.domain)
      routes[key] = entries
    }
    return domains.map { key, domains in
      let domains = domains.sorted()
      return VirtualHost(
        name: prefix(of: key.listener) + (domains.first ?? ""), domains: domains, routes: encoded(routes[key] ?? []))
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

  private func entries(
    of hostname: Hostname, _ host: Host, _ sorted: [Hostname: [Entry]]
  ) -> [Entry] {
    var result = sorted[hostname] ?? []
    var seen: Set<MatchPrecedence>?
    for wildcard in hostname.wildcards where hosts[wildcard]?.listener == host.listener {
      var known = seen ?? Set(result.map(\.precedence))
      result += (sorted[wildcard] ?? []).filter { known.insert($0.precedence).inserted }
      seen = known
    }
    return result
  }
}
