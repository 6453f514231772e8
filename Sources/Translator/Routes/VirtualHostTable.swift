import KubernetesAPI

/// The virtual hosts of the listeners on one port. Kept from one translation to the next: a change of a route costs its
/// own hosts.
///
/// Envoy looks for a virtual host by the whole name, then by the longest wildcard, and looks no further if no route in it
/// matches. By the Gateway API a request goes to the listener with the narrowest host, and there to the routes of all
/// hosts that match, the narrowest host first. So each host here belongs to one listener, and carries the routes of its
/// wildcards at its end.
struct VirtualHostTable: Sendable {
  private struct Host {
    let listener: Int
    var entries: [Entry] = []
  }

  private struct Entry: Hashable {
    let route: JudgedRoute
    let entry: RouteEntry

    static func == (left: Self, right: Self) -> Bool { left.entry === right.entry }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(entry)) }

    func isBefore(_ other: Entry) -> Bool {
      if entry.precedence != other.entry.precedence { return entry.precedence < other.entry.precedence }
      return route === other.route ? entry.index < other.entry.index : route.isOlder(than: other.route)
    }
  }

  /// What hosts must have in common to share a virtual host.
  private struct Group: Hashable {
    let listener: Int?
    let entries: [Entry]
  }

  /// The hosts that share a virtual host.
  private struct Members {
    var hostnames: Set<Hostname> = []
    /// Under which the virtual host is in the table.
    var name: String?
  }

  /// The narrowest host first.
  private let listeners: [ListenerSet.Listener]
  private let separatesListeners: Bool
  private let enablesConnect: Bool
  private var hosts: [Hostname: Host] = [:]
  private var groups: [Group: Members] = [:]
  private var groupByHost: [Hostname: Group] = [:]
  private var changed: Set<Hostname> = []
  private var table = SortedTable<String, VirtualHost>()

  /// - Parameters:
  ///   - listeners: those that share the port.
  ///   - separatesListeners: whether every virtual host is to be of one listener and to tell it by its name.
  ///   - enablesConnect: whether requests of the method CONNECT are taken.
  init(listeners: [ListenerSet.Listener], separatesListeners: Bool = false, enablesConnect: Bool = false) {
    self.separatesListeners = separatesListeners
    self.enablesConnect = enablesConnect
    self.listeners = listeners.sorted { ($0.hostname, $0.index) < ($1.hostname, $1.index) }
    for listener in listeners where isKept(listener.hostname) {
      hosts[listener.hostname] = Host(listener: listener.index)
      changed.insert(listener.hostname)
    }
  }

  /// Adds a route's entries under the hosts that it has in common with a listener.
  mutating func add(_ entries: [RouteEntry], of route: JudgedRoute, at place: RouteAttachment.Place) {
    for hostname in place.hostnames where listener(of: hostname) == place.listener {
      hosts[hostname, default: Host(listener: place.listener)].entries += entries.map { Entry(route: route, entry: $0) }
      changed.insert(hostname)
    }
  }

  /// Removes what was added of a route at a place.
  mutating func remove(_ route: JudgedRoute, at place: RouteAttachment.Place) {
    for hostname in place.hostnames where listener(of: hostname) == place.listener {
      hosts[hostname]?.entries.removeAll { $0.route === route }
      changed.insert(hostname)
    }
  }

  /// One virtual host for each set of routes, in the order of their names; hosts with the same routes share it.
  mutating func virtualHosts() -> [VirtualHost] {
    settle()
    return table.values
  }

  /// Whether a host stays although it has no route: it takes its requests away from the listeners with wider hosts.
  private func isKept(_ hostname: Hostname) -> Bool {
    listeners.count > 1 && !hostname.isAny && listeners.contains { $0.hostname == hostname }
  }

  private func listener(of hostname: Hostname) -> Int? {
    listeners.count == 1 ? listeners[0].index : listeners.first { $0.hostname.covers(hostname) }?.index
  }

  // MARK: Changes

  /// Takes the changed hosts in.
  private mutating func settle() {
    guard !changed.isEmpty else { return }
    for hostname in changed where hosts[hostname]?.entries.isEmpty == true && !isKept(hostname) {
      hosts[hostname] = nil
    }
    for hostname in changed { hosts[hostname]?.entries.sort { $0.isBefore($1) } }
    // A wildcard is a part of all hosts under it.
    if changed.contains(where: \.isWildcard) { changed.formUnion(hosts.keys) }
    let hasWildcards = hosts.keys.contains(where: \.isWildcard)

    var touched: Set<Group> = []
    for hostname in changed {
      if let old = groupByHost.removeValue(forKey: hostname) {
        groups[old]?.hostnames.remove(hostname)
        touched.insert(old)
      }
      guard let host = hosts[hostname] else { continue }
      let group = Group(
        listener: separatesListeners ? host.listener : nil,
        entries: hasWildcards ? entries(of: hostname, host) : host.entries)
      groups[group, default: Members()].hostnames.insert(hostname)
      groupByHost[hostname] = group
      touched.insert(group)
    }
    changed = []
    // Names that are given up first, for another group may have them now.
    for group in touched {
      if let name = groups[group]?.name { table.set(name, to: nil) }
    }
    for group in touched { publish(group) }
    table.settle()
  }

  private mutating func publish(_ group: Group) {
    guard let members = groups[group], !members.hostnames.isEmpty else {
      groups[group] = nil
      return
    }
    let domains = members.hostnames.map(\.domain).sorted()
    let name = prefix(of: group.listener) + (domains.first ?? "")
    groups[group]?.name = name
    table.set(name, to: VirtualHost(name: name, domains: domains, routes: encoded(group.entries)))
  }

  private func encoded(_ entries: [Entry]) -> [[UInt8]] {
    entries.flatMap { entry in
      enablesConnect ? [entry.entry.route, entry.entry.connect].compactMap(\.self) : [entry.entry.route]
    }
  }

  private func prefix(of listener: Int?) -> String {
    listeners.first { $0.index == listener }.map { ResourceName.virtualHostPrefix(listener: $0.spec.name) } ?? ""
  }

  /// The host's own entries and those of its wildcards.
  private func entries(of hostname: Hostname, _ host: Host) -> [Entry] {
    var result = host.entries
    var seen: Set<Entry>?
    for name in hostname.wildcards {
      guard let wildcard = hosts[name], wildcard.listener == host.listener else { continue }
      var known = seen ?? Set(result)
      result += wildcard.entries.filter { known.insert($0).inserted }
      seen = known
    }
    return result
  }
}
