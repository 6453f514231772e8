/// What a client wants of one type of resource.
struct Subscription: Equatable {
  enum Wildcard {
    /// Only what is named.
    case none
    /// Everything, because the first request named nothing; ends when names follow (xDS protocol, "How the client
    /// specifies what resources to return").
    case implied
    /// Everything, because `*` was named.
    case named
  }

  /// The name that stands for everything.
  static let wildcardName = "*"

  var wildcard = Wildcard.none
  private(set) var names: Set<String> = []

  /// Tells subscriptions of this process apart without comparing all names; seeded, so that no client can aim at it.
  private var namesHash: UInt64 = 0

  var isWildcard: Bool { wildcard != .none }

  var hash: UInt64 { isWildcard ? ~namesHash : namesHash }

  func covers(_ name: String) -> Bool {
    isWildcard || names.contains(name)
  }

  /// Whether the name is new.
  @discardableResult
  mutating func insert(_ name: String) -> Bool {
    guard names.insert(name).inserted else { return false }
    namesHash &+= Self.hash(of: name)
    return true
  }

  /// Whether the name was there.
  @discardableResult
  mutating func remove(_ name: String) -> Bool {
    guard names.remove(name) != nil else { return false }
    namesHash &-= Self.hash(of: name)
    return true
  }

  private static func hash(of name: String) -> UInt64 {
    UInt64(bitPattern: Int64(name.hashValue))
  }
}
