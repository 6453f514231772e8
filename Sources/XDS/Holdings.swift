/// What a client has been told of one type of resource, whether or not it has acknowledged that yet.
struct Holdings: Equatable {
  enum Held: Hashable {
    /// It was sent this version, or said that it has it.
    case version(UInt64)
    /// It was told that there is no such resource.
    case absent
    /// It has to be told, whatever it may have.
    case unknown
  }

  private(set) var entries: [String: Held] = [:]

  /// The wrapping sum of the held versions, comparable with ``ResourceSet/digest``.
  private(set) var versions: UInt64 = 0

  /// Tells holdings of this process apart without comparing all entries.
  private(set) var hash: UInt64 = 0

  subscript(name: String) -> Held? {
    get { entries[name] }
    set {
      let old = entries[name]
      guard newValue != old else { return }
      if let old { count(name, old, by: { $0 &-= $1 }) }
      if let newValue { count(name, newValue, by: { $0 &+= $1 }) }
      entries[name] = newValue
    }
  }

  /// Makes the client's knowledge of all it holds void, so that all of it is sent again.
  mutating func forgetAll() {
    for name in Array(entries.keys) {
      self[name] = .unknown
    }
  }

  private mutating func count(_ name: String, _ held: Held, by change: (inout UInt64, UInt64) -> Void) {
    if case .version(let version) = held {
      change(&versions, version)
    }
    var hasher = Hasher()
    hasher.combine(name)
    hasher.combine(held)
    change(&hash, UInt64(bitPattern: Int64(hasher.finalize())))
  }

  static func == (left: Holdings, right: Holdings) -> Bool {
    left.hash == right.hash && left.entries == right.entries
  }
}
