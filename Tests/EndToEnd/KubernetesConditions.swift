import APIServerDouble

/// A condition of a status, as it is stored.
struct StoredCondition: Hashable {
  let type: String
  let status: String
  let reason: String
  let message: String
  let observedGeneration: Int64
  let lastTransitionTime: String

  init(_ value: JSONValue) {
    type = value["type"]?.stringValue ?? ""
    status = value["status"]?.stringValue ?? ""
    reason = value["reason"]?.stringValue ?? ""
    message = value["message"]?.stringValue ?? ""
    observedGeneration = value["observedGeneration"]?.integerValue ?? 0
    lastTransitionTime = value["lastTransitionTime"]?.stringValue ?? ""
  }
}

extension JSONValue {
  var generation: Int64 { self[["metadata", "generation"]]?.integerValue ?? 0 }

  /// The conditions of the object's status, by type.
  var conditions: [String: StoredCondition] { Self.byType(self[["status", "conditions"]]) }

  /// The entries of `status.parents` or `status.ancestors`.
  var statusEntries: [JSONValue] {
    (self[["status", "parents"]] ?? self[["status", "ancestors"]])?.arrayValue ?? []
  }

  /// The conditions that this project's controller set towards the first parent or ancestor, by type.
  var ownConditions: [String: StoredCondition] {
    let own = statusEntries.first { $0["controllerName"]?.stringValue == Objects.controllerName }
    return Self.byType(own?["conditions"])
  }

  /// The conditions of a Gateway's listener, by type.
  func conditions(ofListener name: String) -> [String: StoredCondition] {
    let listener = self[["status", "listeners"]]?.arrayValue?.first { $0["name"]?.stringValue == name }
    return Self.byType(listener?["conditions"])
  }

  private static func byType(_ conditions: JSONValue?) -> [String: StoredCondition] {
    let read = (conditions?.arrayValue ?? []).map(StoredCondition.init)
    return Dictionary(read.map { ($0.type, $0) }, uniquingKeysWith: { first, _ in first })
  }
}
