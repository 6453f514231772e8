import FoundationEssentials
import RealComponents
import Testing
import YAML

@testable import APIServerDouble

/// A kind of this project's own.
enum OwnKind: String, CaseIterable, CustomTestStringConvertible {
  case policy = "HTTPListenerPolicy"
  case parameters = "GatewayParameters"

  var testDescription: String { rawValue }

  var plural: String {
    switch self {
    case .policy: "httplistenerpolicies"
    case .parameters: "gatewayparameters"
    }
  }

  /// The file of its CRD.
  var path: String { PackageRoot.path("crds/gateway.kgateway.dev_\(plural).yaml") }
}

/// The CRD of HTTPListenerPolicy, or of another kind, as it stands in `crds/`.
struct PolicyDefinition {
  static let path = OwnKind.policy.path

  let kind: OwnKind

  /// The whole CustomResourceDefinition, its anchors expanded.
  let document: JSONValue
  /// The `openAPIV3Schema` of its one version.
  let openAPI: JSONValue
  /// What the API server double makes of that.
  let schema: Schema

  init(_ kind: OwnKind = .policy) throws {
    self.kind = kind
    document = try Self.documents(ofFile: kind.path).first.unwrapped("the CRD is empty")
    openAPI = try (document[["spec", "versions"]]?.arrayValue?.first?[["schema", "openAPIV3Schema"]])
      .unwrapped("the CRD has no schema")
    schema = Schema(customResource: openAPI)
  }

  /// The documents of a YAML file.
  static func documents(ofFile path: String) throws -> [JSONValue] {
    let text = try Data(contentsOf: URL(filePath: path, directoryHint: .notDirectory))
    return try YAML.documents(in: Array(text)).map { document in
      try JSONValue(json: document.json).unwrapped("\(path) is not what JSON can say")
    }
  }

  /// The YAML files of a folder, given from the package's root, in the order of their names.
  static func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: PackageRoot.path(folder)).filter { $0.hasSuffix(".yaml") }
      .sorted().map { PackageRoot.path(folder + "/" + $0) }
  }

  /// An object as an API server has it before its rules run: unknown fields dropped, defaults filled in.
  func stored(_ object: JSONValue) -> JSONValue {
    var object = object
    _ = schema.pruneUnknownFields(of: &object)
    schema.applyDefaults(to: &object)
    return object
  }

  /// Why the schema alone refuses an object, as `PATH: MESSAGE`.
  func refusals(of object: JSONValue) -> [String] {
    (schema.errors(in: object) + schema.duplicateErrors(in: object)).map { "\($0.field): \($0.message)" }
  }
}

/// What a test needs is not there, or not what it should be.
struct UnusableFixture: Error, CustomStringConvertible {
  let description: String
}

extension Optional {
  func unwrapped(_ absence: String) throws -> Wrapped {
    guard let self else { throw UnusableFixture(description: absence) }
    return self
  }
}
