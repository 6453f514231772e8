package import KubernetesAPI

/// An object, and the state of it that was seen last.
package struct ObjectVersion: Hashable, Sendable {
  package let reference: ObjectReference
  /// Opaque, as the API server gave it.
  package let resourceVersion: String
}

extension ResourceStore {
  /// Every object that is known, by kind and name.
  package var versions: [ObjectVersion] {
    func versions(_ kind: KubernetesKind, _ metadata: some Sequence<ObjectMeta>) -> [ObjectVersion] {
      metadata.map {
        ObjectVersion(reference: ObjectReference(kind: kind, id: $0.id), resourceVersion: $0.resourceVersion)
      }
    }
    let all =
      versions(.gatewayClass, gatewayClasses.values.lazy.map(\.metadata))
      + versions(.gateway, gateways.values.lazy.map(\.metadata))
      + versions(.httpRoute, routes.values.lazy.map(\.metadata))
      + versions(.httpListenerPolicy, policies.values.lazy.map(\.metadata))
      + versions(.gatewayParameters, parameters.values.lazy.map(\.metadata))
      + versions(.service, services.values.lazy.map(\.metadata))
      + versions(.endpointSlice, slices.values.lazy.map(\.metadata))
      + versions(.namespace, namespaces.values.lazy.map(\.metadata))
      + versions(.referenceGrant, grants.values.lazy.map(\.metadata))
    return all.sorted { $0.reference < $1.reference }
  }
}

extension Reconciler {
  /// Every object that is known, by kind and name.
  package var objectVersions: [ObjectVersion] { store.versions }
}
