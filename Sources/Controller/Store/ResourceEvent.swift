package import KubernetesAPI

/// One change that a source saw.
package enum ResourceEvent: Hashable, Sendable {
  /// The object was made, or is now like this.
  case upsert(KubernetesObject)
  /// The object is gone.
  case delete(ObjectReference)

  /// Which object it is about.
  package var reference: ObjectReference {
    switch self {
    case .upsert(let object): object.reference
    case .delete(let reference): reference
    }
  }
}

/// What a change reaches, so that only that is worked on.
package struct Affected: Hashable, Sendable {
  /// Gateways of this controller to be translated anew; also those that are to be taken down because they are gone or
  /// went to another controller.
  package var gateways: Set<NamespacedName> = []
  /// Services whose endpoints changed; whether any Gateway uses them is not known here.
  package var endpoints: Set<NamespacedName> = []
  /// Objects whose status must be looked at although no translation may say anything new of them.
  package var statuses: Set<ObjectReference> = []
  /// Gateways of this controller whose proxies must be looked at: how they are deployed may have changed. Also those that
  /// are gone or went to another controller, and those of another one of which it is not known whose they were before.
  package var deployments: Set<NamespacedName> = []

  package init(
    gateways: Set<NamespacedName> = [], endpoints: Set<NamespacedName> = [], statuses: Set<ObjectReference> = [],
    deployments: Set<NamespacedName> = []
  ) {
    self.gateways = gateways
    self.endpoints = endpoints
    self.statuses = statuses
    self.deployments = deployments
  }

  /// Whether the change reaches nothing.
  package var isEmpty: Bool { gateways.isEmpty && endpoints.isEmpty && statuses.isEmpty && deployments.isEmpty }

  package mutating func formUnion(_ other: Affected) {
    gateways.formUnion(other.gateways)
    endpoints.formUnion(other.endpoints)
    statuses.formUnion(other.statuses)
    deployments.formUnion(other.deployments)
  }
}
