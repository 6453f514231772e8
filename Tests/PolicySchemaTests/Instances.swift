@testable import APIServerDouble

/// A policy, and what an API server must say to it.
struct PolicyInstance {
  /// The file and the place in it.
  let name: String
  let object: JSONValue
  /// Nothing for a policy that must be accepted.
  let refusals: [String]

  /// The policies that people are shown, the guide's and those of the API reference, and the folder `Accepted`.
  static func accepted(_ kind: OwnKind = .policy) throws -> [PolicyInstance] {
    let folders = ["deploy/examples", "deploy/policies", "deploy/parameters", "Tests/PolicySchemaTests/Accepted"]
    return try folders.flatMap(PolicyDefinition.files).flatMap { file in
      try PolicyDefinition.documents(ofFile: file).enumerated()
        .filter { $0.element["kind"]?.stringValue == kind.rawValue }
        .map { PolicyInstance(name: "\(file)#\($0.offset)", object: $0.element, refusals: []) }
    }
  }

  /// The bad policies of the folder `Refused`: lists of refusals and the part of a policy that earns them.
  static func refused(_ kind: OwnKind = .policy) throws -> [PolicyInstance] {
    let folder = kind == .policy ? "Refused" : "Refused/Parameters"
    return try PolicyDefinition.files(in: "Tests/PolicySchemaTests/\(folder)").flatMap { file in
      try PolicyDefinition.documents(ofFile: file).flatMap { $0.arrayValue ?? [] }.enumerated().map { index, entry in
        let refusals = (entry["refusals"]?.arrayValue ?? []).compactMap(\.stringValue)
        let name = "\(file)#\(index)"
        guard !refusals.isEmpty else { throw UnusableFixture(description: "\(name) has no refusals") }
        return PolicyInstance(
          name: name, object: object(kind, try spec(of: entry).unwrapped("\(name) has no part of a policy")),
          refusals: refusals)
      }
    }
  }

  private static func object(_ kind: OwnKind, _ spec: JSONValue) -> JSONValue {
    [
      "apiVersion": "gateway.kgateway.dev/v1alpha1", "kind": .string(kind.rawValue),
      "metadata": ["name": "policy", "namespace": "shop"], "spec": spec,
    ]
  }

  private static func spec(of entry: JSONValue) -> JSONValue? {
    if let spec = entry["spec"] { return spec }
    var spec: JSONValue = ["targetRefs": [["name": "web"]]]
    if let log = entry["accessLog"] {
      spec["accessLog"] = .array([log])
    } else if let filter = entry["filter"] {
      spec["accessLog"] = [["fileSink": ["path": "/dev/stdout", "stringFormat": "x"], "filter": filter]]
    } else if let tracing = entry["tracing"] {
      spec["tracing"] = tracing
    } else if let settings = entry["settings"]?.objectValue {
      for (name, value) in settings { spec[name] = value }
    } else {
      return nil
    }
    return spec
  }
}
