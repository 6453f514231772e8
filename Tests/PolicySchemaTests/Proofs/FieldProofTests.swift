import FoundationEssentials
import RealComponents
import Testing

/// The table of `FieldProof` is whole, and what it says is there.
@Suite("What shows that the fields of the CRD work")
struct FieldProofTests {
  private let fields: Set<String>

  init() throws {
    let spec = try PolicyDefinition().root["spec"].unwrapped("the schema has no spec")
    fields = Set(spec.all.filter(\.isLeaf).map { Self.place($0.path) })
  }

  /// A field's row: filters are the same in every place where filters are joined.
  private static func place(_ path: String) -> String {
    path.replacing(/\.filter(\.(andFilter|orFilter)\[\])+\./, with: ".filter.")
  }

  @Test("every field of the CRD has a row in the table, and only one")
  func everyFieldHasARow() {
    let rows = FieldProof.all.flatMap(\.fields)
    #expect(fields.count > 100)
    #expect(fields.subtracting(rows) == [], "no test shows what these do")
    #expect(Dictionary(grouping: rows) { $0 }.filter { $0.value.count > 1 }.keys.sorted() == [])
  }

  @Test("every row is of a field that the CRD has, and names something that shows it")
  func everyRowIsOfAField() {
    #expect(Set(FieldProof.all.flatMap(\.fields)).subtracting(fields) == [])
    for row in FieldProof.all { #expect(!row.proofs.isEmpty, "\(row.fields)") }
  }

  @Test("the tests and golden cases that the table names are there")
  func proofsAreThere() throws {
    let sources = try Self.testSources()
    for proof in Set(FieldProof.all.flatMap(\.proofs)) {
      switch proof {
      case .golden(let folder):
        let path = PackageRoot.path("Tests/TranslatorTests/Golden/\(folder)/out.yaml")
        #expect(FileManager.default.fileExists(atPath: path), "\(folder)")
      case .test(let file, let name):
        let names = try #require(sources[file + ".swift"], "there is no \(file).swift")
        #expect(names.contains(name), "\(file).swift has no test of that name")
      }
    }
  }

  /// The names of the tests, by the names of the source files below `Tests`.
  private static func testSources() throws -> [String: Set<String>] {
    let root = PackageRoot.path("Tests")
    var names: [String: Set<String>] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: root) where path.hasSuffix("Tests.swift") {
      let bytes = try Data(contentsOf: URL(filePath: "\(root)/\(path)", directoryHint: .notDirectory))
      let file = path.split(separator: "/").last.map(String.init) ?? path
      let found = String(decoding: bytes, as: UTF8.self).matches(of: /@Test\(\s*"([^"\n]+)"/).map { String($0.1) }
      names[file, default: []].formUnion(found)
    }
    return names
  }
}

extension SchemaNode {
  /// Whether it has nothing below it, or what is below is not in the schema.
  fileprivate var isLeaf: Bool { properties.isEmpty && items == nil && additionalProperties == nil }
}
