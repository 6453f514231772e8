import KubernetesAPI
import XDS

/// What a policy is told of a part of it that was refused.
struct Refusal: Hashable, Sendable {
  static let conditionType = "Programmed"
  static let conditionReason = "ProxyRejected"

  /// A condition spells out so many.
  private static let shownLimit = 4
  /// The longest text of one, in bytes, of the 32,768 that a condition's message may have.
  private static let lengthLimit = 6000

  /// The fields to blame, from the policy's root.
  var paths: [String]
  /// The refuser's own words.
  var reason: String
  var refuser: RejectedResource.Refuser
  /// Whether proxies that start now get something else.
  var isWithheld: Bool
  /// Whether there is an older version for them.
  var hasFallback: Bool
  /// Whether the listener is served without the fields.
  var isLeftOut = false

  /// In whose words, what to do, and at the end what holds now.
  func message(_ gateway: NamespacedName) -> String { core + Self.ending([circumstances], gateway) }

  private var core: String { "Envoy refuses it: \(shortReason); change the field, or remove it" }

  private var shortReason: String {
    let text = String(decoding: reason.utf8.prefix(Self.lengthLimit), as: UTF8.self)
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }

  private var circumstances: String {
    let who =
      switch refuser {
      case .proxies(let count, let connected): "refused by \(count) of \(connected) connected proxies"
      case .check: "found by envoy --mode validate, before any proxy got it"
      }
    let outcome =
      switch (isWithheld, hasFallback) {
      case _ where isLeftOut: "the listener is in use without it"
      case (true, true): "the last configuration that works stays in use"
      case (true, false): "proxies keep what they have, and one that starts now gets no such listener"
      case (false, _): "those that refuse keep what they had, the others use it"
      }
    return "\(who); \(outcome)"
  }

  /// One message for all of them.
  static func message(_ refusals: [Refusal], _ gateway: NamespacedName) -> String {
    let texts = refusals.prefix(shownLimit).map { "\($0.paths.prefix(16).joined(separator: ", ")): \($0.core)" }
    let rest = refusals.count > texts.count ? "; and \(refusals.count - texts.count) more" : ""
    var circumstances: [String] = []
    for refusal in refusals where !circumstances.contains(refusal.circumstances) {
      circumstances.append(refusal.circumstances)
    }
    return texts.joined(separator: "; ") + rest + ending(circumstances, gateway)
  }

  private static let endingMark = " (Gateway "

  private static func ending(_ circumstances: [String], _ gateway: NamespacedName) -> String {
    "\(endingMark)\(gateway): \(circumstances.joined(separator: "; ")))"
  }

  /// A message without what holds now, which may change while the refusal stays: with another proxy that refuses, or
  /// with a restart.
  static func lasting(_ message: String) -> String {
    guard let mark = message.ranges(of: endingMark).last else { return message }
    return String(message[..<mark.lowerBound])
  }
}
