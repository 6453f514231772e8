import EnvoyAPI
import KubernetesAPI
import Translator
import XDS

/// The endpoint resources in use: which Gateways use which, each encoded once however many do.
struct EndpointBook: Sendable {
  private var references = RelationIndex<NamespacedName, EndpointReference>()
  private var services = RelationIndex<EndpointReference, NamespacedName>()
  private var encoded: [EndpointReference: EncodedResource] = [:]

  /// Makes `new` all the endpoint resources that `gateway` uses, and returns them.
  mutating func setReferences(
    _ new: [EndpointReference], of gateway: NamespacedName, in store: ResourceStore
  ) throws -> [EncodedResource] {
    replaceReferences(of: gateway, with: Set(new))
    return try new.map { reference in
      services.set(reference, to: [reference.service])
      return try resource(for: reference, in: store)
    }
  }

  /// Forgets the Gateway, and the endpoint resources that nobody else uses.
  mutating func removeReferences(of gateway: NamespacedName) { replaceReferences(of: gateway, with: []) }

  private mutating func replaceReferences(of gateway: NamespacedName, with new: Set<EndpointReference>) {
    let dropped = references.targets(of: gateway).subtracting(new)
    references.set(gateway, to: new)
    for reference in dropped where references.sources(of: reference).isEmpty {
      services.remove(reference)
      encoded[reference] = nil
    }
  }

  /// Makes the endpoint resources of `service` anew, and returns for each Gateway that uses them those which changed.
  mutating func refresh(
    _ service: NamespacedName, in store: ResourceStore
  ) throws -> [NamespacedName: [EncodedResource]] {
    var changed: [NamespacedName: [EncodedResource]] = [:]
    for reference in services.sources(of: service) {
      let old = encoded.removeValue(forKey: reference)
      let new = try resource(for: reference, in: store)
      guard new != old else { continue }
      for gateway in references.sources(of: reference) { changed[gateway, default: []].append(new) }
    }
    return changed
  }

  private mutating func resource(
    for reference: EndpointReference, in store: ResourceStore
  ) throws -> EncodedResource {
    if let known = encoded[reference] { return known }
    let message = Translator.loadAssignment(reference, slices: store.slices(of: reference.service))
    let new = try EncodedResource(type: .endpoint, name: reference.resourceName, message: message)
    encoded[reference] = new
    return new
  }
}
