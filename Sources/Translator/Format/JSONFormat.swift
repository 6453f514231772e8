import JSON
import SwiftProtobuf

/// A JSON object whose strings are format strings, at any depth.
enum JSONFormat {
  /// Envoy reads protobuf nested at most 100 deep, and each level of JSON takes three there.
  private static let maximumDepth = 24
  /// The largest whole number up to which a double holds every one; Envoy's numbers are doubles.
  private static let maximumInteger: Int64 = 1 << 53

  /// What Envoy's `json_format` takes, with the types of numbers and booleans kept.
  ///
  /// - Parameters:
  ///   - path: the path of the value in its object, for the faults.
  ///   - faults: gets each string that is no format string, and each value that Envoy cannot hold.
  static func structure(_ value: JSONValue, at path: String, _ faults: inout [FieldFault]) -> Google_Protobuf_Struct {
    guard case .object(let members) = value else {
      faults.append(FieldFault(path, "is \(value.kind); give an object whose values are format strings"))
      return Google_Protobuf_Struct()
    }
    return structure(members, at: path, depth: 1, &faults)
  }

  private static func structure(
    _ members: [JSONMember], at path: String, depth: Int, _ faults: inout [FieldFault]
  ) -> Google_Protobuf_Struct {
    var structure = Google_Protobuf_Struct()
    for member in members {
      let memberPath = JSONPath.join(path, JSONPath.component(key: member.key))
      structure.fields[member.key] = protobufValue(member.value, at: memberPath, depth: depth, &faults)
    }
    return structure
  }

  private static func protobufValue(
    _ value: JSONValue, at path: String, depth: Int, _ faults: inout [FieldFault]
  ) -> Google_Protobuf_Value {
    switch value {
    case .null: return protobufValue(.nullValue(.nullValue))
    case .bool(let value): return protobufValue(.boolValue(value))
    case .number(let value): return protobufValue(.numberValue(value))
    case .integer(let value):
      if value.magnitude > maximumInteger.magnitude {
        faults.append(FieldFault(path, "\(value) is too large to be kept exactly; write it as a string"))
      }
      return protobufValue(.numberValue(Double(value)))
    case .string(let text):
      do throws(FormatStringError) {
        _ = try FormatString(parsing: text)
      } catch {
        faults.append(FieldFault(path, error.description))
      }
      return protobufValue(.stringValue(text))
    case .array, .object: break
    }
    guard depth < maximumDepth else {
      faults.append(FieldFault(path, "is nested more than \(maximumDepth) deep"))
      return protobufValue(.nullValue(.nullValue))
    }
    guard case .array(let elements) = value else {
      guard case .object(let members) = value else { return Google_Protobuf_Value() }
      return protobufValue(.structValue(structure(members, at: path, depth: depth + 1, &faults)))
    }
    var list = Google_Protobuf_ListValue()
    for (index, element) in elements.enumerated() {
      let elementPath = JSONPath.join(path, JSONPath.component(index: index))
      list.values.append(protobufValue(element, at: elementPath, depth: depth + 1, &faults))
    }
    return protobufValue(.listValue(list))
  }

  private static func protobufValue(_ kind: Google_Protobuf_Value.OneOf_Kind) -> Google_Protobuf_Value {
    .with { $0.kind = kind }
  }
}
