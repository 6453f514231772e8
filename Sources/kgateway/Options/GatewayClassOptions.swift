import ArgumentParser

/// Which GatewayClasses a running operator makes.
struct GatewayClassOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The GatewayClasses to create where they are missing, with commas; none.",
      discussion: "Known: \(ControllerIdentity.classNames.joined(separator: ", ")). One that is there stays as it is.",
      valueName: "names"))
  var createGatewayClasses = GatewayClassNames(names: ControllerIdentity.classNames)
}

/// `kgateway,agentgateway`, or `none`.
struct GatewayClassNames: ExpressibleByArgument, CustomStringConvertible {
  private static let none = "none"

  let names: [String]

  init(names: [String]) { self.names = names }

  init?(argument: String) {
    guard argument != Self.none else {
      names = []
      return
    }
    names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard names.allSatisfy(ControllerIdentity.classNames.contains), Set(names).count == names.count else { return nil }
  }

  var description: String { names.isEmpty ? Self.none : names.joined(separator: ",") }
}
