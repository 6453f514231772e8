import KubernetesAPI
import Translator

/// Whether a Gateway, as far as it is accepted, is there for its clients: what its deployment and its proxies say.
struct GatewayProgramming {
  /// What is known of the objects that the Gateway runs on.
  enum Deployment {
    /// This controller deploys no proxies, and knows no addresses.
    case others
    /// It was not looked at since this replica leads: what is stored stands.
    case unknown
    case known(DeploymentReport)
  }

  let gateway: Gateway
  let deployment: Deployment
  /// Whether a proxy has taken a listener.
  let isTaken: (Gateway.Listener) -> Bool

  /// The same status with `Programmed` false where it is true too early, and with the addresses.
  func applied(to status: GatewayStatus) -> GatewayStatus {
    var status = status
    var isAnyTaken = false
    for index in status.listeners.indices where status.listeners[index].conditions.isProgrammed {
      guard let spec = gateway.listeners.first(where: { $0.name == status.listeners[index].name }) else { continue }
      if isTaken(spec) {
        isAnyTaken = true
      } else {
        status.listeners[index].conditions.setProgrammed(.no, "Pending", Self.pending)
      }
    }
    let judgement = judgement(isAnyTaken)
    status.addresses = addresses
    if let refusal = refusals.first {
      status.conditions.set(
        "Accepted", .no, refusal.reason, refusals.map(\.message).joined(separator: "; "))
      status.conditions.setProgrammed(.no, "Invalid", refusal.message)
    } else if status.conditions.isProgrammed, let judgement {
      status.conditions.setProgrammed(judgement.status, judgement.reason, judgement.message)
    }
    return status
  }

  private static let pending = "It waits for the first proxy to take the configuration."

  private var refusals: [DeploymentReport.Refusal] {
    if case .known(let report) = deployment { report.refusals } else { [] }
  }

  private var addresses: [GatewayStatus.Address] {
    switch deployment {
    case .others: []
    case .unknown: gateway.status.addresses
    case .known(let report): report.addresses
    }
  }

  /// Why the Gateway is not programmed; nil if it is.
  private func judgement(_ isAnyTaken: Bool) -> (status: Condition.Status, reason: String, message: String)? {
    switch deployment {
    case .others:
      break
    case .unknown:
      let stored = gateway.status.conditions.first {
        $0.type == "Programmed" && $0.observedGeneration == gateway.metadata.generation
      }
      guard let stored, stored.status != .unknown else {
        return (.no, "Pending", "It waits for its proxies' deployment.")
      }
      return stored.status == .yes ? nil : (stored.status, stored.reason, stored.message)
    case .known(let report):
      if !report.faults.isEmpty { return (.no, "NoResources", report.faults.joined(separator: " ")) }
      guard !report.addresses.isEmpty else {
        return (
          .no, "AddressNotAssigned", report.awaited.isEmpty ? "Its Service is not there yet." : report.awaited
        )
      }
      let missing = gateway.addresses.map(\.value).filter { value in
        !value.isEmpty && !report.addresses.contains { $0.value == value }
      }
      if !missing.isEmpty {
        return (
          .no, "AddressNotUsable",
          "spec.addresses: \(missing.joined(separator: ", ")) was not assigned; the Service has "
            + "\(report.addresses.map(\.value).joined(separator: ", ")). Ask for one that the cluster can give, or for none."
        )
      }
    }
    return isAnyTaken ? nil : (.no, "Pending", Self.pending)
  }
}

extension [Condition] {
  fileprivate var isProgrammed: Bool { contains { $0.type == "Programmed" && $0.status == .yes } }

  fileprivate mutating func setProgrammed(_ status: Condition.Status, _ reason: String, _ message: String) {
    set("Programmed", status, reason, message)
  }

  fileprivate mutating func set(_ type: String, _ status: Condition.Status, _ reason: String, _ message: String) {
    guard let index = firstIndex(where: { $0.type == type }) else { return }
    self[index].status = status
    self[index].reason = reason
    // The most that the API takes (metav1.Condition).
    self[index].message = String(message.prefix(32_768))
  }
}
