import ArgumentParser
import Controller
import EnvoyAPI
import JSON
import KubernetesAPI
import SwiftProtobuf
import Translator

struct TranslateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "translate",
    abstract: "Prints the Envoy configuration that manifests come to.",
    discussion: """
      What is refused is told on standard error, as by 'kgateway validate', and the exit status is then 1; the \
      configuration is printed all the same, as proxies would get it.

      Envoy itself checks a bootstrap: kgateway translate -f DIR -o bootstrap > b.yaml && envoy --mode validate -c b.yaml
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case yaml
    case json
    case bootstrap
  }

  @OptionGroup var input: ManifestOptions

  @Option(
    name: .shortAndLong,
    help:
      "yaml or json: the resources of each Gateway. bootstrap: one Gateway as a static Envoy configuration, in YAML.")
  var output: Format = .yaml

  @Option(help: ArgumentHelp("Only this Gateway. Default: all.", valueName: "namespace/name"))
  var gateway: String?

  @OptionGroup(title: "Translation") var translation: TranslationOptions
  @OptionGroup(title: "Translation") var resolve: ResolveOptions

  func run() throws {
    let check = try input.check(translation.settings(resolve: resolve.addresses))
    for diagnostic in check.diagnostics { StandardError.write(diagnostic.description) }
    let chosen = try choose(from: check)
    switch output {
    case .yaml: print(YAMLText.encode(try Self.document(chosen)), terminator: "")
    case .json: print(JSONText.encode(try Self.document(chosen)), terminator: "")
    case .bootstrap: print(YAMLText.encode(try bootstrap(chosen, check.store)), terminator: "")
    }
    guard check.diagnostics.isEmpty else { throw ExitCode(1) }
  }

  private typealias Translated = ManifestCheck.TranslatedGateway

  private func choose(from check: ManifestCheck) throws -> [Translated] {
    let names = check.translations.map(\.gateway.description)
    guard let gateway else {
      guard !names.isEmpty else {
        throw ValidationError(
          "\(input.path) holds no Gateway of a class that \(ControllerIdentity.controllerName) serves "
            + "(\(ControllerIdentity.classNames.joined(separator: ", ")))")
      }
      return check.translations
    }
    let chosen = check.translations.filter { $0.gateway.description == gateway }
    guard !chosen.isEmpty else {
      throw ValidationError("there is no Gateway \(gateway); there is: \(names.joined(separator: ", "))")
    }
    return chosen
  }

  private static func document(_ gateways: [Translated]) throws -> JSONValue {
    .object(
      try gateways.map {
        JSONMember(key: $0.gateway.description, value: try $0.translation.configuration.document())
      })
  }

  private func bootstrap(_ gateways: [Translated], _ store: ResourceStore) throws -> JSONValue {
    guard gateways.count == 1, let only = gateways.first else {
      let names = gateways.map(\.gateway.description).joined(separator: ", ")
      throw ValidationError("-o bootstrap prints one Gateway; choose it with --gateway (there is: \(names))")
    }
    let message = try StaticBootstrap.bootstrap(of: only.translation.configuration, gateway: only.gateway) {
      Translator.loadAssignment($0, slices: store.slices(of: $0.service))
    }
    return try MessageDocument.value(of: message)
  }
}
