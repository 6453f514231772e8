import KubernetesAPI
import Translator
import XDS

/// Finds out which fields of which policies brought a resource that was refused. Pure.
///
/// Where a version of the resource is known that works, only what is not in that one can be to blame; of several such
/// fields, those that were blamed for the same before, and those that the refuser's words fit. Without one, the words
/// alone decide, and where they fit no field every field of the resource is a suspect.
enum RefusalAttribution {
  /// A field that is to blame.
  struct Suspect: Hashable, Sendable, Comparable {
    var policy: NamespacedName
    /// From the object's root, as deep as is known: `spec.accessLog[0].fileSink.path`.
    var path: String
    /// What the field has become.
    var content: FieldContent

    static func < (left: Self, right: Self) -> Bool { (left.policy, left.path) < (right.policy, right.path) }
  }

  /// - Parameters:
  ///   - reason: the refuser's words about this resource.
  ///   - contributions: what policies have in the refused version.
  ///   - before: the same of the version that works; nil where none is known.
  ///   - blamed: what was refused with the same words before.
  ///   - policies: for the values of their fields.
  /// - Returns: in order, each once; none where no policy is to blame.
  static func suspects(
    reason: String, contributions: [PolicyContribution], before: [PolicyContribution]?,
    blamed: Set<FieldContent> = [], policies: [NamespacedName: HTTPListenerPolicy]
  ) -> [Suspect] {
    let new = before.map { added(to: $0, in: contributions) } ?? contributions
    // Another policy that changes while this refusal stands is not at fault.
    let known = new.filter { blamed.contains(FieldContent($0)) }
    let candidates = known.isEmpty ? new : known
    let reason = RefusalReason(reason)
    guard !reason.isOfAddress else { return [] }
    var found: [RefusalReason.Fit: Set<Suspect>] = [:]
    for candidate in candidates {
      let fits = reason.fits(fields(of: candidate, in: policies))
      guard !fits.isEmpty else {
        found[.none, default: []].insert(
          Suspect(policy: candidate.policy, path: candidate.path, content: FieldContent(candidate)))
        continue
      }
      for (path, fit) in fits {
        found[fit, default: []].insert(Suspect(policy: candidate.policy, path: path, content: FieldContent(candidate)))
      }
    }
    return [.value, .kind, .none].lazy.compactMap { found[$0] }.first?.sorted() ?? []
  }

  /// Whether something has changed that is not to blame, and would have to wait with what is.
  static func holdsUpOthers(
    _ suspects: [Suspect], _ contributions: [PolicyContribution], before: [PolicyContribution]
  ) -> Bool {
    let contents = Set(suspects.map(\.content))
    let policies = Set(suspects.map(\.policy))
    return added(to: before, in: contributions).contains { !contents.contains(FieldContent($0)) }
      || added(to: contributions, in: before).contains { !policies.contains($0.policy) }
  }

  /// What is new, however the entries have moved.
  private static func added(to before: [PolicyContribution], in now: [PolicyContribution]) -> [PolicyContribution] {
    var known: [FieldContent: Int] = [:]
    for contribution in before { known[FieldContent(contribution), default: 0] += 1 }
    return now.filter { contribution in
      let content = FieldContent(contribution)
      guard let count = known[content], count > 0 else { return true }
      known[content] = count - 1
      return false
    }
  }

  private static func fields(
    of contribution: PolicyContribution, in policies: [NamespacedName: HTTPListenerPolicy]
  ) -> [PolicyText.Field] {
    guard let policy = policies[contribution.policy] else { return [] }
    return PolicyText.fields(of: policy, under: contribution.path)
  }
}

/// What a refuser says, and which values it may speak of.
///
/// Seen of Envoy 1.40: `unable to open file '/nonexistent/x.log': No such file or directory`, `failed to create an
/// expression: No overload found in reference resolve step for nosuch`, `Invalid header configuration. Format string
/// contains invalid characters.`
struct RefusalReason {
  /// How well a value fits.
  enum Fit: Hashable, Sendable {
    /// The words repeat the value, or a name in it.
    case value
    /// The words are about such values.
    case kind
    case none
  }

  /// A listener's port is the Gateway's matter: `cannot bind '0.0.0.0:80': Address already in use`.
  let isOfAddress: Bool

  private let text: String
  private let isOfExpression: Bool
  /// The name that no function was found for.
  private let unknownName: String?

  init(_ text: String) {
    self.text = text
    isOfAddress = text.contains("cannot bind")
    isOfExpression = text.contains("expression")
    let words = text.split(whereSeparator: \.isWhitespace)
    unknownName = isOfExpression ? words.last.map { $0.trimmingPrefix("'") }.map(String.init) : nil
  }

  /// The fields that the words fit.
  func fits(_ fields: [PolicyText.Field]) -> [(path: String, fit: Fit)] {
    fields.compactMap { field in
      let fit = fit(field)
      return fit == .none ? nil : (field.path, fit)
    }
  }

  private func fit(_ field: PolicyText.Field) -> Fit {
    if repeats(field.text) { return .value }
    guard isOfExpression, field.text.contains("CEL(") || field.path.contains(".celFilter.") else { return .none }
    if let unknownName, unknownName.utf8.count > 2, field.text.contains(unknownName) { return .value }
    return .kind
  }

  /// A short value may stand in any sentence, but not in quotes.
  private func repeats(_ value: String) -> Bool {
    guard value.utf8.count > 2 else { return false }
    if text.contains("'\(value)'") || text.contains("\"\(value)\"") { return true }
    return value.utf8.count >= 12 && text.contains(value)
  }
}
