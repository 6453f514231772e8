import EnvoyAPI
import KubernetesAPI
import Translator
import XDS

/// The endpoint resources in use: which Gateways use which, each encoded once however many do.
struct EndpointBook: Sendable {
  /// In their order.
  private var references: [NamespacedName: [EndpointReference]] = [:]
  private var users: [EndpointReference: Set<NamespacedName>] = [:]
  private var services = RelationIndex<EndpointReference, NamespacedName>()
  private var encoded: [EndpointReference: EncodedResource] = [:]

  /// Makes `new`, which are in their order, all the endpoint resources that `gateway` uses, and returns them.
  mutating func setReferences(
    _ new: [EndpointReference], of gateway: NamespacedName, in store: ResourceStore
  ) throws -> [EncodedResource] {
    replaceReferences(of: gateway, with: new)
    return try new.map { try resource(for: $0, in: store) }
  }

  /// Forgets the Gateway, and the endpoint resources that nobody else uses.
  mutating func removeReferences(of gateway: NamespacedName) {
    replaceReferences(of: gateway, with: [])
    references[gateway] = nil
  }

  private mutating func replaceReferences(of gateway: NamespacedName, with new: [EndpointReference]) {
    let old = references.updateValue(new, forKey: gateway) ?? []
    guard old != new else { return }
    var (left, right) = (old[...], new[...])
    while let reference = [left.first, right.first].compactMap(\.self).min() {
      let wasUsed = left.first == reference
      let isUsed = right.first == reference
      if wasUsed { left = left.dropFirst() }
      if isUsed { right = right.dropFirst() }
      if isUsed, !wasUsed { use(reference, by: gateway) }
      if wasUsed, !isUsed { release(reference, by: gateway) }
    }
  }

  private mutating func use(_ reference: EndpointReference, by gateway: NamespacedName) {
    users[reference, default: []].insert(gateway)
    services.set(reference, to: [reference.service])
  }

  private mutating func release(_ reference: EndpointReference, by gateway: NamespacedName) {
    users[reference]?.remove(gateway)
    guard users[reference]?.isEmpty == true else { return }
    users[reference] = nil
    services.remove(reference)
    encoded[reference] = nil
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
      for gateway in users[reference] ?? [] { changed[gateway, default: []].append(new) }
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
