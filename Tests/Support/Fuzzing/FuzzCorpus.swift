import FoundationEssentials
package import JSON
import RealComponents
import YAML

/// Valid examples from the files of this package.
package enum FuzzCorpus {
  /// The files in these folders of the package whose name ends so, in the order of their paths.
  ///
  /// - Parameter maximumLength: longer ones are left out, since short examples are changed where it matters sooner.
  package static func files(
    _ folders: String..., suffix: String, maximumLength: Int = 8 << 10
  ) -> [(path: String, bytes: [UInt8])] {
    folders.flatMap { folder in
      let root = PackageRoot.path(folder)
      let names: [String] = (try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? []
      return names.filter { $0.hasSuffix(suffix) }.sorted().compactMap { name -> (path: String, bytes: [UInt8])? in
        guard let data = FileManager.default.contents(atPath: "\(root)/\(name)"), data.count <= maximumLength else {
          return nil
        }
        return ("\(folder)/\(name)", Array(data))
      }
    }
  }

  /// The bytes of the YAML files of examples, goldens and CustomResourceDefinitions.
  package static func manifests(maximumLength: Int = 8 << 10) -> [[UInt8]] {
    files(
      "deploy/examples", "deploy/policies", "deploy/parameters", "Tests/TranslatorTests/Golden",
      "Tests/TranslatorTests/Policies/Seeds", "Tests/DeployerTests/Golden", "Tests/DeployerTests/Mistakes",
      "Tests/ControllerTests/Mistakes",
      suffix: ".yaml", maximumLength: maximumLength
    ).map(\.bytes)
  }

  /// The objects in those files.
  package static func objects() -> [JSONValue] {
    manifests(maximumLength: 64 << 10).flatMap { bytes in
      ((try? YAML.documents(in: bytes)) ?? []).compactMap { document in
        var reader = JSONReader(document.json)
        return try? reader.readValue()
      }
    }
  }
}

extension JSONValue {
  /// As compact JSON. A key that stands twice is written twice.
  package var fuzzBytes: [UInt8] {
    var writer = JSONWriter()
    writer.value(self)
    return writer.bytes
  }
}
