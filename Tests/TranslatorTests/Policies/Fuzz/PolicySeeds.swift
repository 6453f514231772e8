import FoundationEssentials
import JSON
import RealComponents
import Testing
import YAML

/// A sound policy, from `Seeds` or from the examples of `deploy/policies`.
struct PolicySeed: Sendable, CustomTestStringConvertible {
  /// The file's name.
  let name: String
  let policy: JSONValue

  var testDescription: String { name }

  static let all: [PolicySeed] = [folder, PackageRoot.path("deploy/policies")].flatMap { folder in
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".yaml") && $0 != "world.yaml" }.sorted().flatMap { name in
      ((try? documents("\(folder)/\(name)")) ?? []).map { PolicySeed(name: name, policy: $0) }
    }
  }

  /// What stands around the policies.
  static func world() throws -> Manifests { try Manifests(try text("\(folder)/world.yaml")) }

  private static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/") + "/Seeds"

  private static func documents(_ path: String) throws -> [JSONValue] {
    try YAML.documents(in: Array(try text(path).utf8)).map { document in
      var reader = JSONReader(document.json)
      return try reader.readValue()
    }
  }

  private static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path, directoryHint: .notDirectory)), as: UTF8.self)
  }
}
