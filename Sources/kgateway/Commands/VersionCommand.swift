import ArgumentParser

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Prints the version, the commit, and the Swift and Envoy it was made for.")

  func run() { print(Version.text) }
}
