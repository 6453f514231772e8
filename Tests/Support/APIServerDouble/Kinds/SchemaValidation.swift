/// One reason why an object is invalid: a cause of a `Status` of code 422.
struct FieldError: Sendable, Equatable {
  let reason: String
  let field: String
  let message: String

  static func invalid(_ field: String, _ value: JSONValue, _ body: String) -> FieldError {
    FieldError(
      reason: "FieldValueInvalid", field: field, message: "Invalid value: \(value.jsonText): \(field) in body \(body)")
  }

  static func required(_ field: String) -> FieldError {
    FieldError(reason: "FieldValueRequired", field: field, message: "Required value")
  }
}

extension Schema {
  /// Checks types, bounds, enumerations and required members, in the words of the API server.
  func errors(in value: JSONValue, at path: String = "") -> [FieldError] {
    if value == .null, nullable || type == nil { return [] }
    if let error = typeError(in: value, at: path) { return [error] }
    var errors = boundErrors(in: value, at: path)
    switch value {
    case .object(let object):
      for name in required where object[name] == nil {
        errors.append(.required(Self.join(path, name)))
      }
      for (key, child) in object {
        guard let schema = property(key) else { continue }
        errors += schema.errors(in: child, at: Self.join(path, key))
      }
    case .array(let elements):
      for (index, child) in elements.enumerated() {
        errors += element.errors(in: child, at: "\(path)[\(index)]")
      }
    default:
      break
    }
    return errors
  }

  /// Elements of a list-map that share their keys, and equal elements of a set.
  func duplicateErrors(in value: JSONValue, at path: String = "") -> [FieldError] {
    var errors: [FieldError] = []
    switch value {
    case .object(let object):
      for (key, child) in object {
        guard let schema = property(key) else { continue }
        errors += schema.duplicateErrors(in: child, at: Self.join(path, key))
      }
    case .array(let elements):
      var seen: Set<String> = []
      for (index, child) in elements.enumerated() {
        if let identity = identity(ofElement: child), !seen.insert(identity.jsonText).inserted {
          errors.append(
            FieldError(
              reason: "FieldValueDuplicate", field: "\(path)[\(index)]",
              message: "Duplicate value: \(identity.jsonText)"))
        }
        errors += element.duplicateErrors(in: child, at: "\(path)[\(index)]")
      }
    default:
      break
    }
    return errors
  }

  /// What tells an element of a list-map or a set from the others; nil for other lists.
  /// A key that is left out counts with its default, so that a Service's port is known by port and protocol.
  func identity(ofElement value: JSONValue) -> JSONValue? {
    switch topology {
    case .set:
      return value
    case .map(let keys):
      let members = keys.sorted().compactMap { key -> (String, JSONValue)? in
        guard let part = value[key] ?? element.property(key)?.defaultValue else { return nil }
        return (key, part)
      }
      return .object(JSONObject(members))
    case .granular, .atomic:
      return nil
    }
  }

  private func typeError(in value: JSONValue, at path: String) -> FieldError? {
    let actual: String
    let isRight: Bool
    switch (value, type) {
    case (_, nil) where acceptsIntegerOrString:
      isRight = value.integerValue != nil || value.stringValue != nil
      actual = "integer or string"
    case (_, nil), (.object, .object), (.array, .array), (.string, .string), (.integer, .integer), (.bool, .boolean),
      (.integer, .number), (.number, .number):
      return nil
    default:
      isRight = false
      actual = type?.rawValue ?? ""
    }
    if isRight { return nil }
    return FieldError(
      reason: "FieldValueTypeInvalid", field: path,
      message: "Invalid value: \"\(Self.typeName(of: value))\": \(path) in body must be of type \(actual): "
        + "\"\(Self.typeName(of: value))\"")
  }

  private func boundErrors(in value: JSONValue, at path: String) -> [FieldError] {
    var errors: [FieldError] = []
    let number: Double? =
      switch value {
      case .integer(let integer): Double(integer)
      case .number(let number): number
      default: nil
      }
    if let number, let minimum, number < minimum {
      errors.append(.invalid(path, value, "should be greater than or equal to \(JSONValue.number(minimum).jsonText)"))
    }
    if let number, let maximum, number > maximum {
      errors.append(.invalid(path, value, "should be less than or equal to \(JSONValue.number(maximum).jsonText)"))
    }
    if !enumeration.isEmpty, !enumeration.contains(value) {
      let known = enumeration.map(\.jsonText).joined(separator: ", ")
      errors.append(
        FieldError(
          reason: "FieldValueNotSupported", field: path,
          message: "Unsupported value: \(value.jsonText): supported values: \(known)"))
    }
    errors += countErrors(in: value, at: path)
    if let pattern, let text = value.stringValue, let expression = try? Regex(pattern),
      (try? expression.firstMatch(in: text)) == nil
    {
      errors.append(.invalid(path, value, "should match '\(pattern)'"))
    }
    return errors
  }

  private func countErrors(in value: JSONValue, at path: String) -> [FieldError] {
    let (count, unit): (Int, String)
    switch value {
    case .string(let text): (count, unit) = (text.unicodeScalars.count, "chars long")
    case .array(let elements): (count, unit) = (elements.count, "items")
    case .object(let members): (count, unit) = (members.count, "properties")
    default: return []
    }
    let isText = value.stringValue != nil
    if let minimumCount, count < minimumCount {
      let shown: JSONValue = isText ? value : .integer(Int64(count))
      return [.invalid(path, shown, "should \(isText ? "be" : "have") at least \(minimumCount) \(unit)")]
    }
    guard let maximumCount, count > maximumCount else { return [] }
    return [
      FieldError(
        reason: isText ? "FieldValueTooLong" : "FieldValueTooMany", field: path,
        message: !isText
          ? "Too many: \(count): must have at most \(maximumCount) items"
          : "Too long: may not be more than \(maximumCount) bytes")
    ]
  }

  private static func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  private static func typeName(of value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}
