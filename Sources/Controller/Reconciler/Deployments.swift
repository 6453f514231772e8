package import KubernetesAPI
package import Translator
package import XDS

/// Is told which Gateways' proxies may have to be deployed in another way. What is to be there is asked for when it is
/// deployed; what became of it comes back as a ``DeploymentReport``, and only into statuses.
package protocol DeploymentSink: Sendable {
  /// Returns at once; the deployment happens later.
  func deploymentChanged(of gateways: Set<NamespacedName>) async
}

/// Whether a Gateway's proxies are this controller's to deploy.
package enum DeploymentClaim: Hashable, Sendable {
  /// They are; from this.
  case managed(GatewayDeploymentInputs)
  /// The Gateway is another controller's.
  case foreign(Gateway)
  /// There is no such Gateway, it is being deleted, or its class is not known: nothing is to be done.
  case unknown
}

/// What proxies have taken of what is published: the one place where that is asked for, whichever replica they are
/// connected to.
package protocol ProxyAcknowledgements: Sendable {
  /// Whether a proxy of the Gateway took this version of a resource, and none of the name that is published since.
  func hasTaken(_ version: String, of type: ResourceType, _ name: String, by gateway: GatewayID) -> Bool
}

extension SnapshotStore: ProxyAcknowledgements {
  package func hasTaken(_ version: String, of type: ResourceType, _ name: String, by gateway: GatewayID) -> Bool {
    acceptedVersion(type, name, for: gateway) == version
  }
}

extension Reconciler {
  /// Every Gateway that there is, of whichever class.
  package var knownGateways: Set<NamespacedName> { awaitedKinds.isEmpty ? Set(store.gateways.keys) : [] }

  /// From what a Gateway's proxies are deployed.
  package func deploymentClaim(on gateway: NamespacedName) -> DeploymentClaim {
    guard awaitedKinds.isEmpty, let object = store.gateways[gateway], !object.metadata.isBeingDeleted,
      let gatewayClass = store.gatewayClasses[object.gatewayClassName]
    else { return .unknown }
    if let inputs = store.deploymentInputs(for: gateway) { return .managed(inputs) }
    // Somebody who deletes and creates a class does not mean to end all proxies; to give it to another controller is
    // what ends them.
    return gatewayClass.controllerName == settings.controllerName ? .unknown : .foreign(object)
  }

  /// Takes in what became of a Gateway's deployment.
  package func deployed(_ gateway: NamespacedName, _ report: DeploymentReport) async {
    guard store.isManaged(gateway), statuses.record(report, of: gateway) else { return }
    await lookAtStatuses(of: [ObjectReference(kind: .gateway, id: gateway)])
  }

  /// Takes in what is wrong with what a Gateway's proxies are to be deployed by.
  package func judged(_ gateway: NamespacedName, _ problems: [Problem]) {
    refusals.update(store.isManaged(gateway) ? problems : [], for: .deployment(gateway))
  }

  /// Looks again at what proxies have taken, because ``ProxyAcknowledgements`` has news of which the snapshots do not
  /// tell: from another replica.
  package func acknowledgementsChanged(of gateways: Set<NamespacedName>) async {
    await lookAtStatuses(of: Set(gateways.flatMap(noteProgrammed)))
  }

  /// Notes which listeners of a Gateway proxies have taken.
  /// - Returns: whose status says something else now.
  func noteProgrammed(_ gateway: NamespacedName) -> Set<ObjectReference> {
    guard store.isManaged(gateway), let object = store.gateways[gateway] else { return [] }
    let id = GatewayID(gateway)
    let published = snapshots.snapshot(for: id)
    let isNews = programmed.note(object) { port in
      guard let published, let listener = published[.listener, ResourceName.listener(port: port)] else { return false }
      let route = published[.route, ResourceName.routeConfiguration(port: port)]
      return ([listener] + [route].compactMap(\.self)).allSatisfy {
        acknowledgements.hasTaken($0.version, of: $0.type, $0.name, by: id)
      }
    }
    return isNews ? [ObjectReference(kind: .gateway, id: gateway)] : []
  }
}
