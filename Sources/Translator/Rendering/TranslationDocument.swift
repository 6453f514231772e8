package import JSON
import KubernetesAPI
import SwiftProtobuf

extension ProxyConfiguration {
  /// The resources for people and tools: `listeners`, `routes`, `clusters` in protobuf's JSON form, and `endpoints`,
  /// the names of the endpoint resources with the Service ports that they stand for.
  package func document() throws -> JSONValue {
    .object([
      JSONMember(key: "listeners", value: try Self.array(listeners)),
      JSONMember(key: "routes", value: try Self.array(routes)),
      JSONMember(key: "clusters", value: try Self.array(clusters)),
      JSONMember(key: "endpoints", value: .array(endpointReferences.map(\.document))),
    ])
  }

  private static func array(_ messages: [some Message]) throws -> JSONValue {
    .array(try messages.map { try MessageDocument.value(of: $0) })
  }
}

extension EndpointReference {
  fileprivate var document: JSONValue {
    var members = [
      JSONMember(key: "name", value: .string(resourceName)),
      JSONMember(key: "service", value: .string(service.description)),
      JSONMember(key: "port", value: .integer(Int64(port))),
    ]
    if !portName.isEmpty { members.append(JSONMember(key: "portName", value: .string(portName))) }
    return .object(members)
  }
}

extension TranslationReport {
  /// The report for people, every list in the order of its objects.
  package var document: JSONValue {
    .object([
      JSONMember(key: "gateway", value: gateway.document),
      JSONMember(
        key: "routes",
        value: .array(
          routes.sorted { $0.key < $1.key }.map { id, parents in
            .object([
              JSONMember(key: "route", value: .string(id.description)),
              JSONMember(key: "parents", value: .array(parents.map(\.document))),
            ])
          })),
      JSONMember(
        key: "policies",
        value: .array(
          policies.sorted { $0.key < $1.key }.map { id, ancestors in
            .object([
              JSONMember(key: "policy", value: .string(id.description)),
              JSONMember(key: "ancestors", value: .array(ancestors.map(\.document))),
            ])
          })),
      JSONMember(key: "problems", value: .array(problems.map { .string($0.description) })),
    ])
  }
}

extension GatewayStatus {
  fileprivate var document: JSONValue {
    .object([
      JSONMember(key: "conditions", value: .array(conditions.map(\.document))),
      JSONMember(
        key: "listeners",
        value: .array(
          listeners.map { listener in
            .object([
              JSONMember(key: "name", value: .string(listener.name)),
              JSONMember(key: "attachedRoutes", value: .integer(Int64(listener.attachedRoutes))),
              JSONMember(key: "supportedKinds", value: .array(listener.supportedKinds.map { .string($0.kind) })),
              JSONMember(key: "conditions", value: .array(listener.conditions.map(\.document))),
            ])
          })),
    ])
  }
}

extension RouteParentStatus {
  fileprivate var document: JSONValue {
    .object([
      JSONMember(key: "parentRef", value: parentRef.document),
      JSONMember(key: "conditions", value: .array(conditions.map(\.document))),
    ])
  }
}

extension PolicyAncestorStatus {
  fileprivate var document: JSONValue {
    .object([
      JSONMember(key: "ancestorRef", value: ancestorRef.document),
      JSONMember(key: "conditions", value: .array(conditions.map(\.document))),
    ])
  }
}

extension ParentReference {
  fileprivate var document: JSONValue {
    var members = [JSONMember(key: "name", value: .string(name))]
    if let namespace { members.append(JSONMember(key: "namespace", value: .string(namespace))) }
    if let sectionName { members.append(JSONMember(key: "sectionName", value: .string(sectionName))) }
    if let port { members.append(JSONMember(key: "port", value: .integer(Int64(port)))) }
    return .object(members)
  }
}

extension Condition {
  /// `Accepted=False UnsupportedProtocol: message`, on one line so that a report stays short.
  fileprivate var document: JSONValue {
    let head = "\(type)=\(status.rawValue) \(reason)"
    return .string(message.isEmpty ? head : "\(head): \(message)")
  }
}
