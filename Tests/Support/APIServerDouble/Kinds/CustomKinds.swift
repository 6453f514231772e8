/// CustomResourceDefinitions: what storing one makes the server serve.
enum CustomKinds {
  /// The kinds that a CRD defines, one for each served version.
  static func kinds(of definition: JSONValue) -> [ResourceKind] {
    guard let group = definition[["spec", "group"]]?.stringValue,
      let names = definition[["spec", "names"]], let kind = names["kind"]?.stringValue,
      let plural = names["plural"]?.stringValue
    else { return [] }
    return (definition[["spec", "versions"]]?.arrayValue ?? []).compactMap { version in
      guard version["served"]?.boolValue ?? false, let name = version["name"]?.stringValue else { return nil }
      let columns = version["additionalPrinterColumns"]?.arrayValue.map { $0.map(column) }
      return ResourceKind(
        group: group, version: name, kind: kind, plural: plural,
        singular: names["singular"]?.stringValue ?? kind.lowercased(), shortNames: strings(names["shortNames"]),
        categories: strings(names["categories"]), isNamespaced: definition[["spec", "scope"]] == "Namespaced",
        origin: .customResource, hasStatus: version[["subresources", "status"]] != nil, countsGenerations: true,
        schema: Schema(customResource: version[["schema", "openAPIV3Schema"]] ?? ["type": "object"]),
        columns: columns ?? [.age])
    }
  }

  /// Sets in a new CRD what its controllers would set a moment later, so that it is served at once.
  @Sendable static func establish(_ definition: inout JSONValue) {
    let names = definition[["spec", "names"]] ?? [:]
    definition["status"] = [
      "conditions": [
        condition("NamesAccepted", reason: "NoConflicts", message: "no conflicts found"),
        condition(
          "Established", reason: "InitialNamesAccepted", message: "the initial names have been accepted"),
      ],
      "acceptedNames": names,
      "storedVersions": .array(
        (definition[["spec", "versions"]]?.arrayValue ?? []).filter { $0["storage"] == true }.compactMap { $0["name"] }),
    ]
  }

  private static func condition(_ type: String, reason: String, message: String) -> JSONValue {
    [
      "type": .string(type), "status": "True", "lastTransitionTime": "1970-01-01T00:00:00Z",
      "reason": .string(reason), "message": .string(message),
    ]
  }

  private static func column(_ document: JSONValue) -> PrinterColumn {
    PrinterColumn(
      document["name"]?.stringValue ?? "", document["jsonPath"]?.stringValue ?? "",
      type: document["type"]?.stringValue ?? "string", priority: document["priority"]?.integerValue ?? 0)
  }

  private static func strings(_ value: JSONValue?) -> [String] {
    (value?.arrayValue ?? []).compactMap(\.stringValue)
  }
}
