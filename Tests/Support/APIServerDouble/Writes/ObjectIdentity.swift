extension ObjectWriter {
  /// Gives a new object its name and namespace, and refuses one that does not belong to the URL.
  func identify(_ object: inout JSONValue, _ kind: ResourceKind, _ namespace: String) throws(StatusError) {
    try checkType(of: object, kind)
    if !object.resourceVersion.isEmpty {
      throw .badRequest("resourceVersion should not be set on objects to be created")
    }
    if kind.isNamespaced {
      guard object.namespace.isEmpty || object.namespace == namespace else {
        throw .badRequest(
          "the namespace of the provided object does not match the namespace sent on the request")
      }
      object[["metadata", "namespace"]] = .string(namespace)
    } else {
      object[["metadata", "namespace"]] = nil
    }
    guard object.name.isEmpty else { return }
    guard let prefix = object[["metadata", "generateName"]]?.stringValue, !prefix.isEmpty else {
      throw .invalid(
        kind, "",
        [
          FieldError(
            reason: "FieldValueRequired", field: "metadata.name",
            message: "Required value: name or generateName is required")
        ])
    }
    object[["metadata", "name"]] = .string(prefix + makeUID().suffix(5))
  }

  func checkType(of object: JSONValue, _ kind: ResourceKind) throws(StatusError) {
    if let apiVersion = object["apiVersion"]?.stringValue, apiVersion != kind.apiVersion {
      throw .badRequest(
        "the API version in the data (\(apiVersion)) does not match the expected API version (\(kind.apiVersion))")
    }
    if let name = object["kind"]?.stringValue, name != kind.kind {
      throw .badRequest(
        "\(name) in version \"\(kind.version)\" cannot be handled as a \(kind.kind): no kind \"\(name)\" is "
          + "registered for this resource")
    }
    if kind.origin == .customResource, object["kind"] == nil {
      throw .badRequest("Object 'Kind' is missing in '\(object.jsonText)'")
    }
  }

  /// Refuses an update that is meant for another object, or for an older version of this one.
  func checkIdentity(
    of object: JSONValue, _ key: ObjectKey, _ kind: ResourceKind, _ live: StoredObject, _ isReplacement: Bool
  ) throws(StatusError) {
    try checkType(of: object, kind)
    guard object.name == key.name else {
      throw .badRequest(
        "the name of the object (\(object.name)) does not match the name on the URL (\(key.name))")
    }
    guard object.namespace.isEmpty || object.namespace == key.namespace else {
      throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
    }
    guard object.uid.isEmpty || object.uid == live.value.uid else {
      throw .conflict(
        kind.id, key.name,
        because: "Precondition failed: UID in precondition: \(object.uid), UID in object meta: \(live.value.uid)")
    }
    if isReplacement, object.resourceVersion.isEmpty, !kind.allowsUnconditionalUpdate {
      throw .invalid(
        kind, key.name,
        [
          FieldError(
            reason: "FieldValueInvalid", field: "metadata.resourceVersion",
            message: "Invalid value: 0: must be specified for an update")
        ])
    }
    guard object.resourceVersion.isEmpty || object.resourceVersion == live.value.resourceVersion else {
      throw .modified(kind.id, key.name)
    }
  }
}

/// The rule for names that nearly all kinds share.
enum ObjectName {
  static func errors(in object: JSONValue) -> [FieldError] {
    let name = object.name
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    let isValid = name.utf8.count <= 253 && labels.allSatisfy(isLabel)
    if isValid { return [] }
    return [
      FieldError(
        reason: "FieldValueInvalid", field: "metadata.name",
        message: "Invalid value: \(JSONValue.string(name).jsonText): a lowercase RFC 1123 subdomain must consist of "
          + "lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character")
    ]
  }

  private static func isLabel(_ label: Substring) -> Bool {
    guard let first = label.utf8.first, let last = label.utf8.last, first != hyphen, last != hyphen else {
      return false
    }
    return label.utf8.allSatisfy { $0 == hyphen || digits.contains($0) || letters.contains($0) }
  }

  private static let hyphen = UInt8(ascii: "-")
  private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
  private static let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
}
