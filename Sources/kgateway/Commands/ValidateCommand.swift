import ArgumentParser
import Controller

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Says everything that is wrong with manifests, with file, line and column. Exit status 1 on any error.",
    discussion: """
      Prints one line for each error to standard output:
        file:line:column: Kind namespace/name: field: what is wrong, and what to do
      """)

  @OptionGroup var input: ManifestOptions
  @OptionGroup(title: "Translation") var translation: TranslationOptions

  func run() throws {
    let check = try input.check(translation.settings())
    for diagnostic in check.diagnostics { print(diagnostic) }
    guard check.diagnostics.isEmpty else {
      let count = check.diagnostics.count
      StandardError.write("\(count) error\(count == 1 ? "" : "s")")
      throw ExitCode(1)
    }
    let gateways = check.translations.count
    print(
      "all is well: \(check.store.policies.count) policies, \(check.store.routes.count) routes, \(gateways) Gateways")
  }
}
