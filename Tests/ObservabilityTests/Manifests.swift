import APIServerDouble
import FoundationEssentials
import RealComponents
import Testing
import YAML

/// A file of the package as text, and as the documents that it holds.
struct Manifest: Sendable, CustomTestStringConvertible {
  /// From the package's root.
  let path: String
  let text: String
  let documents: [JSONValue]

  init(_ path: String) throws {
    try self.init(path, text: Self.text(of: path))
  }

  init(_ path: String, text: String) throws {
    self.path = path
    self.text = text
    documents = try YAML.documents(in: Array(text.utf8)).compactMap { JSONValue(json: $0.json) }
      .filter { $0 != .null }
  }

  /// The text of a file of the package.
  static func text(of path: String) throws -> String {
    let contents = try Data(contentsOf: URL(filePath: PackageRoot.path(path), directoryHint: .notDirectory))
    return String(decoding: contents, as: UTF8.self)
  }

  /// The only document, or the first.
  var document: JSONValue { documents.first ?? .null }

  var testDescription: String { path }

  /// All files of a folder whose names end like this, sorted by name.
  static func paths(in folder: String, suffix: String = ".yaml") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: PackageRoot.path(folder)).sorted()
      .filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }
  }
}

extension JSONValue {
  /// The members of an object; none of anything else.
  var members: [(key: String, value: JSONValue)] { objectValue.map(Array.init) ?? [] }

  /// The strings of an array.
  var strings: [String] { (arrayValue ?? []).compactMap(\.stringValue) }

  /// Where `printed` is not found in this value: each member and each element of it has to be here, at the same place.
  /// What is here besides is no difference.
  func differences(from printed: JSONValue, at path: String = "") -> [String] {
    switch (printed, self) {
    case (.object(let expected), .object):
      return expected.flatMap { member in
        guard let found = self[member.key] else { return ["\(path).\(member.key) is missing"] }
        return found.differences(from: member.value, at: "\(path).\(member.key)")
      }
    case (.array(let expected), .array(let found)):
      guard found.count == expected.count else { return ["\(path) has \(found.count) elements"] }
      return zip(found, expected).enumerated().flatMap { index, pair in
        pair.0.differences(from: pair.1, at: "\(path)[\(index)]")
      }
    default: return self == printed ? [] : ["\(path) is \(jsonText), not \(printed.jsonText)"]
    }
  }
}
