import KubernetesAPI

/// The listeners that a proxy has taken, each at any time since it is as it is: a listener that is served stays
/// programmed when its proxies restart, and when its policies or routes change.
struct ProgrammedListeners: Sendable {
  /// What makes it another listener.
  private struct Listener: Hashable {
    let name: String
    let port: Int
    let hostname: String?

    init(_ listener: Gateway.Listener) {
      name = listener.name
      port = listener.port
      hostname = listener.hostname
    }
  }

  private struct Page {
    var uid: String
    var listeners: Set<Listener>
  }

  private var pages: [NamespacedName: Page] = [:]

  /// Whether a proxy has taken the listener.
  func contains(_ listener: Gateway.Listener, of gateway: Gateway) -> Bool {
    guard let page = pages[gateway.metadata.id], page.uid == gateway.metadata.uid else { return false }
    return page.listeners.contains(Listener(listener))
  }

  /// Notes which listeners are taken now. What the stored status says of this very generation counts, too: another
  /// replica may have seen it, or this program before it was started anew.
  /// - Parameter isTaken: whether a proxy has the newest configuration of a port.
  /// - Returns: whether that is news.
  mutating func note(_ gateway: Gateway, isTaken: (Int) -> Bool = { _ in false }) -> Bool {
    let id = gateway.metadata.id
    let old = pages[id].flatMap { $0.uid == gateway.metadata.uid ? $0.listeners : nil } ?? []
    var new: Set<Listener> = []
    for listener in gateway.listeners {
      let key = Listener(listener)
      if old.contains(key) || gateway.hasStored(programmed: listener.name) || isTaken(listener.port) { new.insert(key) }
    }
    pages[id] = new.isEmpty ? nil : Page(uid: gateway.metadata.uid, listeners: new)
    return old != new
  }

  /// Forgets a Gateway.
  mutating func remove(_ gateway: NamespacedName) { pages[gateway] = nil }
}

extension Gateway {
  fileprivate func hasStored(programmed listener: String) -> Bool {
    let stored = status.listeners.first { $0.name == listener }
    return stored?.conditions.contains {
      $0.type == "Programmed" && $0.status == .yes && $0.observedGeneration == metadata.generation
    } ?? false
  }
}
