import RealComponents
import Testing

@Suite("What the chart says to the operator")
struct ArgumentTests {
  @Test("kgateway run knows every argument of the chart, whatever the values are")
  func known() async throws {
    let helm = try Helm()
    var flags: Set<Substring> = []
    for file in [nil] + ValuesFile.all.map(\.path) {
      let arguments = try await helm.rendering(file.map { ["--values", $0] } ?? []).arguments
      #expect(arguments.first == "run")
      flags.formUnion(arguments.dropFirst().map { $0.prefix { $0 != "=" } })
    }
    let help = try await outputOfCommand(BuiltProduct.path("kgateway"), ["run", "--help"])
    let words = Set(help.split { $0.isWhitespace || "/,[]()".contains($0) })
    #expect(flags.subtracting(words).sorted() == [])
  }
}
