import EnvoyAPI
import FoundationEssentials
import JSON
import KubernetesAPI
import Testing
import Translator

/// A folder with manifests (`in.yaml`) and what they must become (`out.yaml`); with a file `default-sampling-rate` where
/// the command line gives one, and measuring requests only with a file `request-metrics`, so that what is measured does
/// not stand in front of what a case is about.
struct GoldenCase: Sendable, CustomTestStringConvertible {
  let name: String

  var testDescription: String { name }

  private static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    .joined(separator: "/") + "/Golden"

  /// Whether `out.yaml` is to be written instead of compared.
  static let isUpdating = ProcessInfo.processInfo.environment["KGATEWAY_UPDATE_GOLDEN"] == "1"

  static let all: [GoldenCase] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().map(GoldenCase.init)
  }()

  func manifests() throws -> Manifests {
    var settings = Manifests.settings
    settings.measuresRequests = (try? text("request-metrics")) != nil
    if let text = try? text("default-sampling-rate"), let percentage = Double(text.prefix { !$0.isNewline }) {
      settings.defaultSamplingRate = try SamplingRate(percentage: percentage)
    }
    return try Manifests(try text("in.yaml"), settings: settings)
  }

  var expected: String { (try? text("out.yaml")) ?? "" }

  func write(expected: String) throws {
    try Data(expected.utf8).write(to: file("out.yaml"))
  }

  /// The whole outcome as one readable document: the resources, the endpoints, the report.
  static func rendering(of manifests: Manifests) throws -> String {
    let translation = manifests.translation
    guard case .object(var members) = try translation.configuration.document() else { return "" }
    let assignments = try translation.configuration.endpointReferences.map {
      try MessageDocument.value(of: Translator.loadAssignment($0, slices: manifests.slices))
    }
    members.append(JSONMember(key: "loadAssignments", value: .array(assignments)))
    members.append(JSONMember(key: "report", value: translation.report.document))
    return YAMLText.encode(.object(members))
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: file(name)), as: UTF8.self)
  }

  private func file(_ name: String) -> URL {
    URL(filePath: "\(Self.folder)/\(self.name)/\(name)", directoryHint: .notDirectory)
  }
}
