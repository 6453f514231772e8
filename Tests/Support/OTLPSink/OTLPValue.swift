import SwiftProtobuf

/// The value of an attribute, or the body of a log record. Literals make one: `attributes["http.status"] == 200`.
package indirect enum OTLPValue: Sendable, Hashable {
  /// A value that was sent as absent.
  case none
  case string(String)
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case bytes([UInt8])
  case array([OTLPValue])
  case object([String: OTLPValue])

  /// The text of a string; `nil` for every other type.
  package var string: String? {
    if case .string(let text) = self { text } else { nil }
  }
}

extension OTLPValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int64) { self = .int(value) }
  package init(floatLiteral value: Double) { self = .double(value) }
}

extension OTLPValue: CustomStringConvertible {
  /// As people read it: strings without quotes, members sorted by key.
  package var description: String {
    switch self {
    case .none: "-"
    case .string(let value): value
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .bytes(let value): value.hexadecimal
    case .array(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    case .object(let members): "{" + members.sortedDescription + "}"
    }
  }
}

extension [String: OTLPValue] {
  /// `key=value` pairs, sorted by key, with spaces between.
  package var sortedDescription: String {
    sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }

  init(_ pairs: [Opentelemetry_Proto_Common_V1_KeyValue]) {
    self.init(pairs.map { ($0.key, OTLPValue($0.value)) }, uniquingKeysWith: { _, last in last })
  }
}

extension OTLPValue {
  init(_ value: Opentelemetry_Proto_Common_V1_AnyValue) {
    switch value.value {
    case .stringValue(let value): self = .string(value)
    case .boolValue(let value): self = .bool(value)
    case .intValue(let value): self = .int(value)
    case .doubleValue(let value): self = .double(value)
    case .bytesValue(let value): self = .bytes(Array(value))
    case .arrayValue(let array): self = .array(array.values.map { OTLPValue($0) })
    case .kvlistValue(let list): self = .object([String: OTLPValue](list.values))
    case nil: self = .none
    }
  }
}

extension Sequence<UInt8> {
  /// Two lower-case digits for each byte.
  var hexadecimal: String {
    reduce(into: "") { text, byte in
      text += byte < 16 ? "0" : ""
      text += String(byte, radix: 16)
    }
  }
}
