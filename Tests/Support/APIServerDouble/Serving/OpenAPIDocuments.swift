/// As much of `/openapi/v3` as kubectl reads before it writes: which operations take `fieldValidation`.
struct OpenAPIDocuments: Sendable {
  let kinds: [ResourceKind]

  /// `/openapi/v3`
  var index: JSONValue {
    var paths: JSONValue = [:]
    for kind in kinds {
      let name = kind.group.isEmpty ? "api/\(kind.version)" : "apis/\(kind.apiVersion)"
      paths[name] = ["serverRelativeURL": .string("/openapi/v3/\(name)")]
    }
    return ["paths": paths]
  }

  /// `/openapi/v3/apis/GROUP/VERSION`; nil if it is not served.
  func document(_ name: String) -> JSONValue? {
    let members = kinds.filter { ($0.group.isEmpty ? "api/\($0.version)" : "apis/\($0.apiVersion)") == name }
    guard !members.isEmpty else { return nil }
    var paths: JSONValue = [:]
    for kind in members {
      let scope = kind.isNamespaced ? "/namespaces/{namespace}" : ""
      paths["/\(name)\(scope)/\(kind.plural)"] = ["post": operation("post", kind)]
      paths["/\(name)\(scope)/\(kind.plural)/{name}"] = [
        "put": operation("put", kind), "patch": operation("patch", kind),
      ]
    }
    return [
      "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": "unversioned"], "paths": paths,
      "components": ["schemas": [:]],
    ]
  }

  private func operation(_ action: String, _ kind: ResourceKind) -> JSONValue {
    [
      "parameters": .array(
        ["dryRun", "fieldManager", "fieldValidation", "force"].map {
          ["name": .string($0), "in": "query", "schema": ["type": "string"]]
        }),
      "responses": ["200": ["description": "OK"]],
      "x-kubernetes-action": .string(action),
      "x-kubernetes-group-version-kind": [
        "group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind),
      ],
    ]
  }
}
