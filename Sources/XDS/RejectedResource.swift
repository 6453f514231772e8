/// A resource that was refused, as published now.
package struct RejectedResource: Sendable, Hashable {
  /// Who refused it.
  package enum Refuser: Sendable, Hashable {
    /// So many proxies, of so many that were connected when the last of them did.
    case proxies(Int, of: Int)
    /// The check before proxies.
    case check
  }

  package let type: ResourceType
  package let name: String
  package let version: String

  /// The refuser's own words.
  package let message: String

  /// Whether the last version that a proxy took is served instead of it, or nothing if there is none. Not so when
  /// another proxy took this version.
  package let isWithheld: Bool

  package let refuser: Refuser

  /// The version that works, if another than this one does.
  package let goodVersion: String?

  package init(
    type: ResourceType, name: String, version: String, message: String, isWithheld: Bool,
    refuser: Refuser = .proxies(1, of: 1), goodVersion: String? = nil
  ) {
    self.type = type
    self.name = name
    self.version = version
    self.message = message
    self.isWithheld = isWithheld
    self.refuser = refuser
    self.goodVersion = goodVersion
  }

  /// What the message says of this resource. A proxy that refuses several says it of all of them in one:
  /// `Error adding/updating listener(s) listener~80: unable to open file ..., listener~81: ...`.
  ///
  /// - Parameter others: the names of the resources that may have been refused with it.
  package func reason(among others: some Collection<String>) -> String {
    let part = RefusalMessage.part(of: message, about: name, among: others)
    // Envoy prints the whole message before it says what is wrong in it.
    guard let cause = part.ranges(of: "Proto constraint validation failed (").last else { return part }
    return String(part[cause.lowerBound...])
  }
}

/// The listeners of a publication that are held back because of the check before proxies. In place of each, the one
/// that is served goes on being served.
package struct ListenerChecks: Sendable, Hashable {
  /// Those whose check is under way.
  package var pending: Set<String>
  /// Those that were refused, and why.
  package var refused: [String: String]

  package init(pending: Set<String> = [], refused: [String: String] = [:]) {
    self.pending = pending
    self.refused = refused
  }

  var isEmpty: Bool { pending.isEmpty && refused.isEmpty }
}
