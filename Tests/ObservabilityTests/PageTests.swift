import APIServerDouble
import FoundationEssentials
import RealComponents
import Testing

/// The pages that newcomers and operators follow.
@Suite("Pages on observability")
struct PageTests {
  private static let folder = "Sources/kgateway/Documentation.docc"
  private static let newcomers = "\(folder)/FromZeroToGrafana.md"

  /// The shell of a page, block by block.
  private static func shell(of page: String) throws -> [String] {
    try Manifest.text(of: page).components(separatedBy: "```bash\n").dropFirst()
      .compactMap { $0.components(separatedBy: "\n```").first }
  }

  /// What needs a running cluster, an image or the network. All else is run as it is printed.
  private static let beyondReach = [
    "hack/image", "kubectl apply --server-side -f https://", "kubectl rollout ", "kubectl wait ",
    "kubectl port-forward ", "sleep ", "for ", "curl ", "kubectl get secret kube-prometheus-stack-grafana ",
  ]

  @Test("each command of the newcomers' page works as printed: real kubectl and Helm, and the stack's own scripts")
  func commands() async throws {
    let blocks = try Self.shell(of: Self.newcomers)
    #expect(blocks.count >= 9)
    var configuration = APIServerDouble.Configuration()
    configuration.namespaces += ["telemetry"]
    try await APIServerDouble.withRunning(configuration) { double in
      try await withTemporaryFolder { folder in
        try await double.writeKubeconfig(to: folder.path("config"), credentials: .token)
        var settings = ProcessSettings()
        settings.workingDirectory = PackageRoot.path
        settings.environment = [
          "KUBECONFIG": folder.path("config"), "HOME": folder.path,
          "PATH": "\(PackageRoot.path(".tools/bin")):/usr/bin:/bin",
        ]
        var ran = 0
        for block in blocks {
          let commands = block.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { line in !Self.beyondReach.contains { line.hasPrefix($0) } }
            // The charts of others are out of reach, so the stack is only said.
            .map { $0.hasPrefix("deploy/observability/install") ? "\($0) --dry-run" : String($0) }
          let script = "set -euo pipefail\n" + commands.joined(separator: "\n") + "\n"
          let result = try await runCommand("bash", ["-c", script], settings: settings, deadline: .seconds(60))
          #expect(result.succeeded, "\(script)\(result.output.suffix(1000))\(result.errorOutput.suffix(2000))")
          ran += commands.filter { !$0.isEmpty }.count
        }
        #expect(ran >= 10)
      }
    }
  }

  @Test("the catalogue leads to each of them, and every page, file and folder that they name is there")
  func links() throws {
    let pages = ["FromZeroToGrafana", "WhenSomethingIsWrong", "Runbooks"]
    let catalogue = try Manifest.text(of: "\(Self.folder)/kgateway.md")
    for page in pages {
      #expect(catalogue.contains("- <doc:\(page)>"))
      let text = try Manifest.text(of: "\(Self.folder)/\(page).md")
      let links = text.components(separatedBy: "<doc:").dropFirst()
        .compactMap { $0.components(separatedBy: ">").first }.map { "\(Self.folder)/\($0).md" }
      let words = text.split { " `\n|(),;".contains($0) }.filter { $0.hasPrefix("deploy/") }
      let files = words.map { $0.hasSuffix(".") || $0.hasSuffix(":") ? String($0.dropLast()) : String($0) }
      for path in links + files {
        #expect(FileManager.default.fileExists(atPath: PackageRoot.path(path)), "\(page) names \(path)")
      }
    }
  }
}
