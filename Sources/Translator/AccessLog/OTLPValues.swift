import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// What a policy's `openTelemetry` puts into each record, checked.
struct OTLPValues {
  typealias KeyValue = Opentelemetry_Proto_Common_V1_KeyValue
  typealias AnyValue = Opentelemetry_Proto_Common_V1_AnyValue

  /// Envoy reads protobuf nested at most 100 deep, and each level takes up to four there.
  private static let maximumDepth = 16

  let body: String?
  let disablesBuiltinLabels: Bool
  let attributes: [KeyValue]?
  let resourceAttributes: [KeyValue]

  init(_ service: HTTPListenerPolicy.OpenTelemetry, at path: String, _ faults: inout [FieldFault]) {
    body = service.body.flatMap { FieldCheck.format($0, at: path + ".body", &faults) }
    disablesBuiltinLabels = service.disableBuiltinLabels ?? false
    attributes = service.attributes.map {
      Self.list($0, at: path + ".attributes.values", depth: 1, &faults)
    }
    resourceAttributes = Self.list(
      service.resourceAttributes ?? [], at: path + ".resourceAttributes.values", depth: 1, &faults)
  }

  private static func list(
    _ pairs: [HTTPListenerPolicy.KeyValue], at path: String, depth: Int, _ faults: inout [FieldFault]
  ) -> [KeyValue] {
    var known: Set<String> = []
    return pairs.enumerated().map { index, pair in
      let path = "\(path)[\(index)]"
      if pair.key.isEmpty { faults.add(path + ".key", "is empty; give the attribute a name") }
      if !known.insert(pair.key).inserted { faults.add(path + ".key", "\"\(pair.key)\" is there twice; keep one") }
      return .with {
        $0.key = pair.key
        $0.value = value(pair.value, at: path + ".value", depth: depth, &faults)
      }
    }
  }

  private static func value(
    _ value: HTTPListenerPolicy.AnyValue, at path: String, depth: Int, _ faults: inout [FieldFault]
  ) -> AnyValue {
    let isSet: KeyValuePairs = [
      "stringValue": value.stringValue != nil, "arrayValue": value.arrayValue != nil,
      "kvListValue": value.kvListValue != nil,
    ]
    guard FieldCheck.exactlyOne(of: isSet, at: path, &faults) else { return AnyValue() }
    guard depth <= maximumDepth else {
      faults.add(path, "is nested more than \(maximumDepth) deep")
      return AnyValue()
    }
    return .with { output in
      if let text = value.stringValue {
        output.stringValue = FieldCheck.format(text, at: path + ".stringValue", &faults) ?? ""
      } else if let elements = value.arrayValue {
        output.arrayValue.values = elements.enumerated().map { index, element in
          self.value(element, at: "\(path).arrayValue[\(index)]", depth: depth + 1, &faults)
        }
      } else if let pairs = value.kvListValue {
        output.kvlistValue.values = list(pairs, at: path + ".kvListValue.values", depth: depth + 1, &faults)
      }
    }
  }
}
