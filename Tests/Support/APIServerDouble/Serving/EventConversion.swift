/// Events have two faces: `events.k8s.io/v1`, as they are stored, and the core group's, with other field names.
enum EventConversion {
  static func toCore(_ event: JSONValue) -> JSONValue {
    rename(event, CoreKinds.eventFieldNames.map { ($0.current, $0.core) }, apiVersion: "v1")
  }

  static func fromCore(_ event: JSONValue) -> JSONValue {
    rename(event, CoreKinds.eventFieldNames.map { ($0.core, $0.current) }, apiVersion: CoreKinds.events.apiVersion)
  }

  private static func rename(_ event: JSONValue, _ names: [(String, String)], apiVersion: String) -> JSONValue {
    var result = event
    for (old, new) in names {
      guard let value = result[old] else { continue }
      result[old] = nil
      result[new] = value
    }
    result["apiVersion"] = .string(apiVersion)
    return result
  }
}

extension ResourceKind {
  var isCoreEvent: Bool { group.isEmpty && plural == "events" }

  /// The kind under which objects of this one are stored.
  var stored: ResourceKind { isCoreEvent ? CoreKinds.events : self }
}
