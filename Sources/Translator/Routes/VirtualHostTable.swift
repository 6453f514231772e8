import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// The routes of the listeners on one port, sorted by host.
///
/// A request belongs to the listener with the narrowest host, and never falls through to another ("Listener Isolation"
/// in the Gateway API). Within that listener the routes of the narrowest host come first; where none of them matches,
/// those of the wildcards above it do. Envoy looks at one virtual host only, so each gets the routes of its wildcards
/// at its end; the messages are shared, not copied.
struct VirtualHostTable {
  private struct Host {
    let listener: Int
    var entries: [RouteEntry] = []
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

  /// - Parameters:
  ///   - listeners: those that share the port.
  ///   - separatesListeners: whether every virtual host is to be of one listener and to tell it by its name.
  init(listeners: [ListenerSet.Listener], separatesListeners: Bool = false) {
    self.separatesListeners = separatesListeners
    self.listeners = listeners.sorted { ($0.hostname, $0.index) < ($1.hostname, $1.index) }
    // A host without routes takes its requests away from the listeners with wider hosts.
    if listeners.count > 1 {
      for listener in listeners where !listener.hostname.isAny {
        hosts[listener.hostname] = Host(listener: listener.index)
      }
    }
  }

  /// Adds a route's entries under the hosts that it has in common with a listener.
  mutating func add(_ entries: [RouteEntry], at place: RouteAttachment.Place) {
    for hostname in place.hostnames where listener(of: hostname) == place.listener {
      hosts[hostname, default: Host(listener: place.listener)].entries += entries
    }
  }

  private func listener(of hostname: Hostname) -> Int? {
    listeners.count == 1 ? listeners[0].index : listeners.first { $0.hostname.covers(hostname) }?.index
  }

  /// One virtual host for each set of routes; hosts with the same routes share it.
  func virtualHosts() -> [Envoy_Config_Route_V3_VirtualHost] {
    let sorted = hosts.mapValues { $0.entries.sorted { $0.precedence < $1.precedence } }
    var domains: [Group: [String]] = [:]
    var routes: [Group: [RouteEntry]] = [:]
    for (hostname, host) in hosts {
      let entries = entries(of: hostname, host, sorted)
      let key = Group(listener: separatesListeners ? host.listener : nil, precedences: entries.map(\.precedence))
      domains[key, default: []].append(hostname.domain)
      routes[key] = entries
    }
    return domains.map { key, domains in
      let domains = domains.sorted()
      return .with {
        $0.name = prefix(of: key.listener) + (domains.first ?? "")
        $0.domains = domains
        $0.routes = (routes[key] ?? []).map(\.route)
      }
    }
    .sorted { $0.name < $1.name }
  }

  private func prefix(of listener: Int?) -> String {
    listeners.first { $0.index == listener }.map { ResourceName.virtualHostPrefix(listener: $0.spec.name) } ?? ""
  }

  private func entries(
    of hostname: Hostname, _ host: Host, _ sorted: [Hostname: [RouteEntry]]
  ) -> [RouteEntry] {
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
