import Deployer
import FoundationEssentials
import JSON
import Testing
import Translator

/// A folder with manifests (`in.yaml`) and the objects that they must become (`out.yaml`).
struct GoldenCase: Sendable, CustomTestStringConvertible {
  let name: String

  var testDescription: String { name }

  static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/Golden"

  /// Whether `out.yaml` is to be written instead of compared.
  static let isUpdating = ProcessInfo.processInfo.environment["KGATEWAY_UPDATE_GOLDEN"] == "1"

  static let all: [GoldenCase] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().map(GoldenCase.init)
  }()

  /// Those that come to objects.
  static let deployed = all.filter { (try? $0.manifests().deployment.objects) != nil }

  func manifests() throws -> Manifests { try Manifests(try text("in.yaml")) }

  var expected: String { (try? text("out.yaml")) ?? "" }

  func write(expected: String) throws { try Data(expected.utf8).write(to: file("out.yaml")) }

  /// The outcome as a readable document: the files of the ConfigMap are shown as what they hold.
  static func rendering(of deployment: ProxyDeployment) throws -> String {
    var members: [JSONMember] = []
    if let objects = deployment.objects {
      members.append(JSONMember(key: "objects", value: .array(try objects.map { try readable($0.document) })))
    }
    let problems = deployment.problems.map { JSONValue.string("\($0.reason.rawValue): \($0.problem)") }
    members.append(JSONMember(key: "problems", value: .array(problems)))
    return YAMLText.encode(.object(members))
  }

  private static func readable(_ document: JSONValue) throws -> JSONValue {
    guard case .object(var members) = document, case .object(let data)? = document["data"],
      let index = members.firstIndex(where: { $0.key == "data" })
    else { return document }
    members[index].value = .object(
      try data.map { member in
        guard let text = member.value.text, member.key.hasSuffix(".json") else {
          return JSONMember(key: member.key, value: "(authorities)")
        }
        var reader = JSONReader(Array(text.utf8))
        return JSONMember(key: member.key, value: try reader.readValue())
      })
    return .object(members)
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: file(name)), as: UTF8.self)
  }

  private func file(_ name: String) -> URL {
    URL(filePath: "\(Self.folder)/\(self.name)/\(name)", directoryHint: .notDirectory)
  }
}
