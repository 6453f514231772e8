import JSON

/// The kinds of arguments that operators take.
///
/// Where Envoy takes anything and leaves the value out later (an unknown option of `%RESPONSE_CODE_DETAILS%`, a prefix
/// length that is no number), the check is stricter than Envoy, for what it refuses can only be a mistake.
enum FormatArgument: Sendable {
  /// `NAME` or `NAME?OTHER`.
  case header
  /// As of C++'s `put_time`, with Envoy's `%s` and `%3f`.
  case timeFormat
  /// How many bits of an address are kept.
  case prefixLength
  /// Anything; the value is the example for the error of its absence.
  case text(String)
  /// `KIND:NAMESPACE:KEY...`.
  case metadata
  /// `KEY`, `KEY:PLAIN`, `KEY:TYPED` or `KEY:FIELD:NAME`.
  case filterState
  /// `FROM:TO` or `FROM:TO:PRECISION`.
  case duration
  /// One word of each list, separated by colons; the later ones may be left out.
  case choices([[String]])
  /// An expression of the Common Expression Language.
  case expression
  /// A JSON object that lists operators.
  case coalesce

  private static let metadataKinds = [
    "DYNAMIC", "CLUSTER", "ROUTE", "UPSTREAM_HOST", "LISTENER", "LISTENER_FILTER_CHAIN", "VIRTUAL_HOST",
  ]

  var example: String {
    switch self {
    case .header: "X-REQUEST-ID"
    case .timeFormat: "%Y-%m-%dT%H:%M:%S.%3fZ"
    case .prefixLength: "24"
    case .text(let example): example
    case .metadata: "DYNAMIC:NAMESPACE:KEY"
    case .filterState: "KEY:PLAIN"
    case .duration: "DS_RX_BEG:DS_TX_END:ms"
    case .choices(let lists): lists.compactMap(\.first).joined(separator: ":")
    case .expression: "request.headers['x-request-id']"
    case .coalesce: #"{"operators": ["REQUESTED_SERVER_NAME", {"command": "REQ", "param": ":authority"}]}"#
    }
  }

  func check(_ argument: String) throws(OperatorFault) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    switch self {
    case .header: try Self.checkHeaders(argument)
    case .timeFormat: try Self.checkTimeFormat(argument)
    case .prefixLength:
      guard argument.allSatisfy(\.isASCII), let bits = Int(argument), (0...128).contains(bits) else {
        throw .argument("\(argument) is no prefix length from 0 to 128")
      }
    case .text: break
    case .metadata: try Self.check(parts[0], isOneOf: Self.metadataKinds)
    case .filterState: try Self.checkFilterState(parts)
    case .duration: try Self.checkDuration(parts)
    case .choices(let lists): try Self.check(parts, against: lists)
    case .expression:
      if let fault = Expression.fault(in: argument) { throw .argument(fault) }
    case .coalesce: try CoalesceArgument.check(argument)
    }
  }

  private static func checkHeaders(_ argument: String) throws(OperatorFault) {
    let names = argument.split(separator: "?", omittingEmptySubsequences: false)
    guard names.count <= 2 else {
      throw .argument("\(argument) names \(names.count) headers; it can name one, and one to take instead: A?B")
    }
    for name in names where !name.isEmpty && !HeaderName.isValid(name, allowsPseudoHeader: true) {
      throw .argument("\"\(name)\" is no name of a header")
    }
  }

  /// Envoy looks for a specifier that prints a line break: `%n` with flags and modifiers.
  private static func checkTimeFormat(_ argument: String) throws(OperatorFault) {
    let bytes = Array(argument.utf8)
    for start in bytes.indices where bytes[start] == UInt8(ascii: "%") {
      var rest = bytes[(start + 1)...].drop { "-_0^#".utf8.contains($0) }
      rest = rest.drop { (UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) }
      if let first = rest.first, "EO".utf8.contains(first) { rest = rest.dropFirst() }
      guard rest.first != UInt8(ascii: "n") else {
        throw .argument("%n in a time format would break the line; leave it out")
      }
    }
  }

  private static func checkFilterState(_ parts: [String]) throws(OperatorFault) {
    guard !parts[0].isEmpty else { throw .argument("the key is empty") }
    if parts.count > 1 { try check(parts[1], isOneOf: ["PLAIN", "TYPED", "FIELD"]) }
    guard (parts.count == 3) == (parts.count > 1 && parts[1] == "FIELD"), parts.count <= 3 else {
      throw .argument("write KEY, KEY:PLAIN, KEY:TYPED or KEY:FIELD:NAME")
    }
  }

  private static func checkDuration(_ parts: [String]) throws(OperatorFault) {
    guard (2...3).contains(parts.count), !parts[0].isEmpty, !parts[1].isEmpty else {
      throw .argument("write FROM:TO:PRECISION, as in DS_RX_BEG:DS_TX_END:ms")
    }
    if parts.count == 3 { try check(parts[2], isOneOf: ["ms", "us", "ns"]) }
  }

  private static func check(_ parts: [String], against lists: [[String]]) throws(OperatorFault) {
    guard parts.count <= lists.count else {
      throw .argument("\(parts.joined(separator: ":")) has more than \(lists.count) parts")
    }
    for (part, list) in zip(parts, lists) where !part.isEmpty { try check(part, isOneOf: list) }
  }

  private static func check(_ word: String, isOneOf words: [String]) throws(OperatorFault) {
    guard words.contains(word) else {
      throw .argument(
        words.count == 1
          ? "\(word) is not \(words[0])" : "\(word) is none of \(words.joined(separator: ", "))")
    }
  }
}

/// The argument of `%COALESCE({"operators": [...]})%`, which takes the first of several operators that has a value.
private enum CoalesceArgument {
  static func check(_ argument: String) throws(OperatorFault) {
    let value: JSONValue
    do throws(JSONError) {
      var reader = JSONReader(Array(argument.utf8))
      value = try reader.readValue()
      try reader.readEnd()
    } catch {
      throw .argument("its argument is no JSON: \(error)")
    }
    guard case .array(let operators) = value["operators"], !operators.isEmpty else {
      throw .argument(#"its argument lists no operators, as in {"operators": ["PROTOCOL"]}"#)
    }
    for (index, element) in operators.enumerated() {
      let operation = try operation(element, at: index)
      do throws(OperatorFault) {
        try FormatOperator.check(operation)
      } catch {
        throw .argument(error.message(operation.name, "at operators[\(index)]"))
      }
    }
  }

  private static func operation(_ element: JSONValue, at index: Int) throws(OperatorFault) -> FormatString.Operation {
    var operation = FormatString.Operation(name: "")
    switch element {
    case .string(let name): operation.name = name
    case .object:
      guard case .string(let name) = element["command"] else {
        throw .argument("operators[\(index)] has no command")
      }
      operation.name = name
      switch element["param"] {
      case .string(let argument): operation.argument = argument.isEmpty ? nil : argument
      case nil: break
      default: throw .argument("operators[\(index)].param is no string")
      }
      switch element["max_length"] {
      case .integer(let length) where length > 0: operation.length = UInt64(length)
      case nil: break
      default: throw .argument("operators[\(index)].max_length is no positive number")
      }
    default: throw .argument("operators[\(index)] is neither a string nor an object")
    }
    return operation
  }
}
