/// What the server says it serves: the plain lists, and the aggregated form that kubectl asks for.
struct Discovery: Sendable {
  let kinds: [ResourceKind]

  static let aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

  private static let statusVerbs: [JSONValue] = ["get", "patch", "update"]

  // MARK: Plain

  /// `/api`
  static let legacyVersions: JSONValue = [
    "kind": "APIVersions", "versions": ["v1"],
    "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"]],
  ]

  /// `/apis`
  var groupList: JSONValue {
    ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups.filter { !$0.isEmpty }.map(groupDocument))]
  }

  /// `/apis/GROUP`; nil if it is not served.
  func group(_ name: String) -> JSONValue? {
    guard !name.isEmpty, groups.contains(name) else { return nil }
    var document: JSONValue = ["kind": "APIGroup", "apiVersion": "v1"]
    for (key, value) in groupDocument(name).objectValue ?? [:] { document[key] = value }
    return document
  }

  /// `/apis/GROUP/VERSION` or `/api/v1`; nil if it is not served.
  func resources(group: String, version: String) -> JSONValue? {
    let members = kinds.filter { $0.group == group && $0.version == version }
    guard !members.isEmpty else { return nil }
    return [
      "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(members[0].apiVersion),
      "resources": .array(members.flatMap(resourceDocuments)),
    ]
  }

  // MARK: Aggregated

  /// Both `/api` (the core group alone) and `/apis` (all the others).
  func aggregated(core: Bool) -> JSONValue {
    [
      "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:],
      "items": .array(groups.filter { $0.isEmpty == core }.map(aggregatedGroup)),
    ]
  }

  private func aggregatedGroup(_ group: String) -> JSONValue {
    let documents = versions(of: group).map { version -> JSONValue in
      let members = kinds.filter { $0.group == group && $0.version == version }.sorted { $0.plural < $1.plural }
      return [
        "version": .string(version), "resources": .array(members.map(aggregatedResource)), "freshness": "Current",
      ]
    }
    return ["metadata": group.isEmpty ? [:] : ["name": .string(group)], "versions": .array(documents)]
  }

  private func aggregatedResource(_ kind: ResourceKind) -> JSONValue {
    // The server names the group of a built-in kind only through the list that it stands in.
    let isCustom = kind.origin == .customResource
    let responseKind: JSONValue = [
      "group": .string(isCustom ? kind.group : ""), "version": .string(isCustom ? kind.version : ""),
      "kind": .string(kind.kind),
    ]
    var document: JSONValue = [
      "resource": .string(kind.plural), "responseKind": responseKind,
      "scope": .string(kind.isNamespaced ? "Namespaced" : "Cluster"), "singularResource": .string(kind.singular),
      "verbs": .array(kind.verbs.map(JSONValue.string)),
    ]
    if !kind.shortNames.isEmpty { document["shortNames"] = .array(kind.shortNames.map(JSONValue.string)) }
    if !kind.categories.isEmpty { document["categories"] = .array(kind.categories.map(JSONValue.string)) }
    if kind.hasStatus {
      document["subresources"] = [
        ["subresource": "status", "responseKind": responseKind, "verbs": .array(Self.statusVerbs)]
      ]
    }
    return document
  }

  // MARK: Parts

  private var groups: [String] {
    kinds.map(\.group).reduce(into: []) { groups, group in
      if !groups.contains(group) { groups.append(group) }
    }
  }

  private func versions(of group: String) -> [String] {
    kinds.filter { $0.group == group }.map(\.version).reduce(into: []) { versions, version in
      if !versions.contains(version) { versions.append(version) }
    }
  }

  private func groupDocument(_ group: String) -> JSONValue {
    let documents = versions(of: group).map { version -> JSONValue in
      ["groupVersion": .string("\(group)/\(version)"), "version": .string(version)]
    }
    return ["name": .string(group), "versions": .array(documents), "preferredVersion": documents.first ?? [:]]
  }

  private func resourceDocuments(_ kind: ResourceKind) -> [JSONValue] {
    var document: JSONValue = [
      "name": .string(kind.plural), "singularName": .string(kind.singular), "namespaced": .bool(kind.isNamespaced),
      "kind": .string(kind.kind), "verbs": .array(kind.verbs.map(JSONValue.string)),
    ]
    if !kind.shortNames.isEmpty { document["shortNames"] = .array(kind.shortNames.map(JSONValue.string)) }
    if !kind.categories.isEmpty { document["categories"] = .array(kind.categories.map(JSONValue.string)) }
    guard kind.hasStatus else { return [document] }
    let status: JSONValue = [
      "name": .string("\(kind.plural)/status"), "singularName": "", "namespaced": .bool(kind.isNamespaced),
      "kind": .string(kind.kind), "verbs": .array(Self.statusVerbs),
    ]
    return [document, status]
  }
}
