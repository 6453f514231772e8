package import JSON
package import KubernetesAPI
import Translator

/// What policies come to, Gateway by Gateway and listener by listener: which values are in effect, and what brought each.
package struct PolicyExplanation: Sendable {
  /// A field of a policy, with its place.
  package struct Field: Sendable {
    package let policy: NamespacedName
    /// From the object's root: `spec.accessLog[0]`.
    package let path: String
    package let file: String
    /// Counts from 1.
    package let line: Int
    /// As the policy has it, without credentials; nil where the policy's file is not known.
    package let value: JSONValue?
    /// What holds where the value says nothing, if that is not as the reference of the fields has it.
    package let note: String?
  }

  /// A field that another policy decides.
  package struct Loss: Sendable {
    package let field: Field
    package let winner: NamespacedName
    /// Why: `it is older, or the first by name`.
    package let reason: String
  }

  package struct Listener: Sendable {
    package let name: String
    package let port: Int
    /// Nil for every host.
    package let hostname: String?
    /// Why the listener is not served; nil if it is.
    package let fault: String?
    /// What is in effect.
    package let values: [Field]
    /// What is set for the listener and has no effect.
    package let losses: [Loss]
  }

  package struct Gateway: Sendable {
    package let name: NamespacedName
    /// In the order of its spec.
    package let listeners: [Listener]
    /// What is wrong with the Gateway and with the policies on it, and left out.
    package let refused: [ManifestDiagnostic]
  }

  /// In the order of their names.
  package let gateways: [Gateway]
  /// What is wrong with files, and with policies that are on none of the Gateways.
  package let elsewhere: [ManifestDiagnostic]

  /// Explains everything that was checked.
  package init(_ check: ManifestCheck) {
    gateways = check.translations.compactMap { translated in
      check.store.gateways[translated.gateway].map { Gateway($0, translated.translation.report, in: check) }
    }
    let told = Set(check.translations.flatMap { $0.translation.report.problems.map(check.diagnostic) })
    elsewhere = check.diagnostics.filter { !told.contains($0) }
  }

  private init(_ gateways: [Gateway], elsewhere: [ManifestDiagnostic]) {
    self.gateways = gateways
    self.elsewhere = elsewhere
  }
}

// MARK: Choosing

extension PolicyExplanation {
  /// What was asked for and is not there.
  package struct Missing: Error, CustomStringConvertible {
    /// What is not there, and what there is.
    package let description: String
  }

  /// The part that is about one Gateway, about listeners of one name, or both.
  ///
  /// - Parameter gateway: `namespace/name`.
  /// - Throws: ``Missing`` if there is no such Gateway or listener.
  package func limited(toGateway gateway: String?, listener: String?) throws(Missing) -> PolicyExplanation {
    var chosen = gateways
    if let gateway {
      chosen = chosen.filter { $0.name.description == gateway }
      guard !chosen.isEmpty else {
        throw Missing(
          description: "there is no Gateway \(gateway) that is served here; "
            + Self.list("Gateway", gateways.map(\.name.description)))
      }
    }
    if let listener {
      let names = chosen.flatMap(\.listeners).map(\.name)
      chosen = chosen.map { gateway in
        Gateway(
          name: gateway.name, listeners: gateway.listeners.filter { $0.name == listener }, refused: gateway.refused)
      }
      .filter { !$0.listeners.isEmpty }
      guard !chosen.isEmpty else {
        let place = gateway.map { "Gateway \($0) has no listener" } ?? "there is no listener"
        throw Missing(description: "\(place) \"\(listener)\"; \(Self.list("listener", names))")
      }
    }
    return PolicyExplanation(chosen, elsewhere: elsewhere)
  }

  private static func list(_ kind: String, _ names: [String]) -> String {
    var known: Set<String> = []
    let distinct = names.filter { known.insert($0).inserted }
    return distinct.isEmpty ? "there is no \(kind) at all" : "there is: \(distinct.joined(separator: ", "))"
  }
}

// MARK: Out of a translation

extension PolicyExplanation.Gateway {
  fileprivate init(_ gateway: KubernetesAPI.Gateway, _ report: TranslationReport, in check: ManifestCheck) {
    name = gateway.metadata.id
    listeners = gateway.listeners.map { PolicyExplanation.Listener($0, report, in: check) }
    refused = Set(
      report.problems.filter { $0.object.kind == .gateway || $0.object.kind == .httpListenerPolicy }
        .map(check.diagnostic)
    ).sorted()
  }
}

extension PolicyExplanation.Listener {
  fileprivate init(_ listener: KubernetesAPI.Gateway.Listener, _ report: TranslationReport, in check: ManifestCheck) {
    name = listener.name
    port = listener.port
    hostname = listener.hostname.flatMap { $0.isEmpty ? nil : $0 }
    let accepted = report.gateway.listeners.first { $0.name == listener.name }?.conditions
      .first { $0.type == "Accepted" }
    fault = accepted.flatMap { $0.status == .yes ? nil : $0.message }
    let effective = report.effectivePolicies.filter { $0.port == listener.port }
    values = effective.flatMap(\.contributions).filter { $0.listeners.contains(listener.name) }
      .map { PolicyExplanation.Field($0.path, of: $0.policy, in: check) }
    losses = effective.flatMap(\.losses).filter { $0.listeners.contains(listener.name) }.map {
      PolicyExplanation.Loss(
        field: PolicyExplanation.Field($0.path, of: $0.policy, in: check), winner: $0.winner, reason: $0.reason)
    }
  }
}

extension PolicyExplanation.Field {
  fileprivate init(_ path: String, of policy: NamespacedName, in check: ManifestCheck) {
    let found = check.field(path, of: ObjectReference(kind: .httpListenerPolicy, id: policy))
    self.policy = policy
    self.path = path
    file = found?.file ?? "-"
    line = found?.line ?? 0
    value = found?.value?.withoutCredentials
    note = path == "spec.tracing" ? Self.samplingNote(policy, in: check) : nil
  }

  private static func samplingNote(_ policy: NamespacedName, in check: ManifestCheck) -> String? {
    let rate = check.settings.defaultSamplingRate
    guard rate != .all, check.store.policies[policy]?.tracing?.leavesSamplingOpen == true else { return nil }
    return "samplingRate is \(rate), by --default-sampling-rate"
  }
}

extension JSONValue {
  /// The same, but that what is sent along to a receiver (`initialMetadata`, which carries tokens) is not shown.
  fileprivate var withoutCredentials: JSONValue {
    switch self {
    case .array(let elements): .array(elements.map(\.withoutCredentials))
    case .object(let members):
      .object(
        members.map { member in
          guard member.key == "initialMetadata", case .array(let entries) = member.value else {
            return JSONMember(key: member.key, value: member.value.withoutCredentials)
          }
          return JSONMember(key: member.key, value: .array(entries.map(\.withHiddenValue)))
        })
    case .null, .bool, .integer, .number, .string: self
    }
  }

  private var withHiddenValue: JSONValue {
    guard case .object(let members) = self else { return .string("(not shown)") }
    return .object(
      members.map { $0.key == "value" ? JSONMember(key: $0.key, value: .string("(not shown)")) : $0 })
  }
}
