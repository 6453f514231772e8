import ArgumentParser
import Controller
import Translator

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Says what policies come to in each listener of a Gateway, and which policy each value is from.",
    discussion: """
      For each listener: the fields that are in effect, each with its policy, its place and its value; what is set and \
      has no effect, and why; and what is refused. Fields that no policy sets are not listed; the reference of the \
      fields has their defaults, and --default-sampling-rate is told where it holds. Credentials (initialMetadata) are not shown.

      Of a cluster as it is now:
        kubectl get gateways,gatewayclasses,httplistenerpolicies,services,referencegrants -A -o yaml | \
      kgateway explain -f -

      Exit status 1 if there is no such Gateway or listener.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
  }

  @OptionGroup var input: ManifestOptions

  @Option(help: ArgumentHelp("Only this Gateway. Default: all.", valueName: "namespace/name"))
  var gateway: String?

  @Option(help: ArgumentHelp("Only the listener of this name. Default: all.", valueName: "name"))
  var listener: String?

  @Option(name: .shortAndLong, help: "text for people, json for scripts.")
  var output: Format = .text

  @OptionGroup(title: "Translation") var translation: TranslationOptions

  func run() throws {
    let whole = PolicyExplanation(try input.check(translation.settings()))
    for diagnostic in whole.elsewhere { StandardError.write(diagnostic.description) }
    let explanation: PolicyExplanation
    do {
      explanation = try whole.limited(toGateway: gateway, listener: listener)
    } catch {
      StandardError.write("Error: \(error)")
      throw ExitCode(1)
    }
    switch output {
    case .text where explanation.gateways.isEmpty:
      print("\(input.path) holds no Gateway of a class that \(ControllerIdentity.controllerName) serves")
    case .text: print(explanation.text, terminator: "")
    case .json: print(JSONText.encode(explanation.document), terminator: "")
    }
  }
}
