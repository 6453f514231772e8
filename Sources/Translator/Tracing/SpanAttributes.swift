import EnvoyAPI
import JSON
import KubernetesAPI
import SwiftProtobuf

/// `customTags` and `attributes` of a policy's tracing.
enum SpanAttributes {
  typealias Tag = Envoy_Type_Tracing_V3_CustomTag

  /// All of them: those of `customTags` in the order of their names, then those of `attributes` in their own.
  static func tags(of tracing: HTTPListenerPolicy.Tracing, at path: String, _ faults: inout [FieldFault]) -> [Tag] {
    var tags: [Tag] = []
    for tag in tracing.customTags {
      let path = JSONPath.join(path + ".customTags", JSONPath.component(key: tag.name))
      if tag.name.isEmpty { faults.add(path, "the tag's name is empty") }
      tags.append(
        .with {
          $0.tag = tag.name; $0.type = source(tag, at: path, &faults)
        })
    }
    for (index, attribute) in tracing.attributes.enumerated() {
      let path = "\(path).attributes[\(index)]"
      if attribute.name.isEmpty { faults.add(path + ".name", "is empty; give the attribute a name") }
      if tags.contains(where: { $0.tag == attribute.name }) {
        faults.add(path + ".name", "\"\(attribute.name)\" is there twice (customTags counts too); keep one")
      }
      tags.append(
        .with {
          $0.tag = attribute.name; $0.type = source(attribute, at: path, &faults)
        })
    }
    return tags
  }

  private static func source(
    _ tag: HTTPListenerPolicy.CustomTag, at path: String, _ faults: inout [FieldFault]
  ) -> Tag.OneOf_Type? {
    let isSet: KeyValuePairs = [
      "literal": tag.literal != nil, "environment": tag.environment != nil, "requestHeader": tag.requestHeader != nil,
    ]
    guard FieldCheck.exactlyOne(of: isSet, at: path, &faults) else { return nil }
    if let value = tag.literal { return literal(value, at: path + ".literal", &faults) }
    if let name = tag.environment { return environment(name, nil, at: path + ".environment", &faults) }
    return tag.requestHeader.map { header($0, nil, at: path + ".requestHeader", &faults) }
  }

  private static func source(
    _ attribute: HTTPListenerPolicy.Attribute, at path: String, _ faults: inout [FieldFault]
  ) -> Tag.OneOf_Type? {
    let isSet: KeyValuePairs = [
      "literal": attribute.literal != nil, "environment": attribute.environment != nil,
      "requestHeader": attribute.requestHeader != nil, "metadata": attribute.metadata != nil,
    ]
    guard FieldCheck.exactlyOne(of: isSet, at: path, &faults) else { return nil }
    if let value = attribute.literal { return literal(value, at: path + ".literal.value", &faults) }
    if let source = attribute.environment {
      return environment(source.name, source.defaultValue, at: path + ".environment.name", &faults)
    }
    if let source = attribute.requestHeader {
      return header(source.name, source.defaultValue, at: path + ".requestHeader.name", &faults)
    }
    return attribute.metadata.flatMap { metadata($0, at: path + ".metadata", &faults) }
  }

  // MARK: The kinds of sources

  private static func literal(_ value: String, at path: String, _ faults: inout [FieldFault]) -> Tag.OneOf_Type {
    if value.isEmpty { faults.add(path, "is empty; give the attribute a value") }
    return .literal(.with { $0.value = value })
  }

  private static func environment(
    _ name: String, _ fallback: String?, at path: String, _ faults: inout [FieldFault]
  ) -> Tag.OneOf_Type {
    if name.isEmpty {
      faults.add(path, "is empty; name a variable of the proxy")
    } else if name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "=") }) {
      faults.add(path, "\"\(name)\" is no environment variable; name one of the proxy, as CLUSTER_NAME")
    }
    return .environment(
      .with {
        $0.name = name; $0.defaultValue = fallback ?? ""
      })
  }

  private static func header(
    _ name: String, _ fallback: String?, at path: String, _ faults: inout [FieldFault]
  ) -> Tag.OneOf_Type {
    let name = FieldCheck.header(name, at: path, allowsPseudoHeader: true, &faults) ?? name
    return .requestHeader(
      .with {
        $0.name = name; $0.defaultValue = fallback ?? ""
      })
  }

  private enum MetadataKind: String, CaseIterable {
    case request = "Request"
    case route = "Route"
    case cluster = "Cluster"
    case host = "Host"
  }

  private static func metadata(
    _ source: HTTPListenerPolicy.Attribute.MetadataSource, at path: String, _ faults: inout [FieldFault]
  ) -> Tag.OneOf_Type? {
    let keyPath = path + ".metadataKey"
    if source.key.isEmpty { faults.add(keyPath + ".key", "is empty; name a namespace of Envoy's metadata") }
    if source.path.isEmpty { faults.add(keyPath + ".path", "is empty; give the keys that lead to the value") }
    for (index, key) in source.path.enumerated() where key.isEmpty {
      faults.add("\(keyPath).path[\(index)].key", "is empty; name a key")
    }
    let kind: MetadataKind? = FieldCheck.word(source.kind, at: path + ".kind", &faults)
    guard let kind else { return nil }
    return .metadata(
      .with {
        switch kind {
        case .request: $0.kind.request = .init()
        case .route: $0.kind.route = .init()
        case .cluster: $0.kind.cluster = .init()
        case .host: $0.kind.host = .init()
        }
        $0.metadataKey.key = source.key
        $0.metadataKey.path = source.path.map { key in .with { $0.key = key } }
        $0.defaultValue = source.defaultValue ?? ""
      })
  }
}
