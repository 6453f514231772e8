/// A Gateway by its namespace and name: what a snapshot belongs to, and what a stream is bound to.
///
/// Prints as `namespace/name`.
package struct GatewayID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let namespace: String
  package let name: String

  package init(namespace: String, name: String) {
    self.namespace = namespace
    self.name = name
  }

  /// Reads `namespace/name`; `nil` if it is anything else.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    self.init(namespace: String(parts[0]), name: String(parts[1]))
  }

  package var description: String { "\(namespace)/\(name)" }

  package static func < (left: GatewayID, right: GatewayID) -> Bool {
    (left.namespace, left.name) < (right.namespace, right.name)
  }
}
