import Foundation
import PrometheusMetrics
import RealComponents
import Testing

@Suite("The page of metrics")
struct MetricsPageTests {
  /// A row of the table: the name, the type, and the names of the labels.
  private struct Row: Hashable {
    var name: String
    var type: String
    var labels: Set<String>
  }

  /// The rows of the section about the control plane.
  private func rows() throws -> [Row] {
    let path = PackageRoot.path("Sources/kgateway/Documentation.docc/Metrics.md")
    let page = try String(contentsOfFile: path, encoding: .utf8)
    let section = try #require(page.components(separatedBy: "\n## ").first { $0.hasPrefix("The control plane\n") })
    return section.split(separator: "\n").filter { $0.hasPrefix("| `kgateway_") }.compactMap { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 4 else { return nil }
      // What stands behind a colon are values.
      let labels = cells[2].split(separator: ";").flatMap { part in
        Self.names(in: part.split(separator: ":").first ?? "")
      }
      return Row(name: Self.names(in: cells[0][...]).first ?? "", type: cells[1], labels: Set(labels))
    }
  }

  private static func names(in text: Substring) -> [String] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
      .map { String($0.element) }
  }

  /// What the registry exports: `kgateway_*` with their types and the names of their labels.
  private func exported() -> [Row] {
    let metrics = ControlPlaneMetrics(
      build: BuildInformation(version: "1", commit: "2", swiftVersion: "3", envoyVersion: "4"))
    metrics.xdsCertificateExpiry.set(1)
    var rows: [Row] = []
    for line in metrics.registry.exposition().split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.hasPrefix("# TYPE kgateway_") {
        rows.append(Row(name: String(words[2]), type: String(words[3]), labels: []))
      } else if line.hasPrefix("kgateway_"), let brace = line.firstIndex(of: "{") {
        let labels = line[brace...].dropFirst().split(separator: "\",").map { String($0.prefix { $0 != "=" }) }
        rows[rows.count - 1].labels.formUnion(labels.filter { $0 != "le" })
      }
    }
    return rows
  }

  @Test("it has every metric that is exported, with type and labels, and no other")
  func complete() throws {
    let (page, exported) = (try rows(), exported())
    #expect(page.count == Set(page.map(\.name)).count)
    #expect(Set(exported).subtracting(page) == [])
    #expect(Set(page).subtracting(exported) == [])
    #expect(exported.count > 20)
  }
}
