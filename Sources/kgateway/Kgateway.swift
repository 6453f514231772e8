import ArgumentParser

/// The command line: `kgateway COMMAND`. Each command is wiring only; what it does lives in the libraries.
@main
struct Kgateway: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kgateway",
    abstract: "Logs, traces and metrics of the traffic through Envoy, from Kubernetes policies.",
    discussion: """
      A control plane for Envoy: it reads Gateways, HTTPRoutes and HTTPListenerPolicies, turns them into Envoy \
      configuration and pushes it to the proxies over xDS.

      Try it without a cluster:
        kgateway validate   -f deploy/examples
        kgateway translate  -f deploy/examples -o yaml
        kgateway explain    -f deploy/examples
        kgateway standalone --manifests deploy/examples

      In a cluster, or against one:
        kgateway run --kubeconfig ~/.kube/config
      """,
    version: Version.text,
    subcommands: [
      RunCommand.self, StandaloneCommand.self, TranslateCommand.self, ValidateCommand.self, ExplainCommand.self,
      BootstrapCommand.self, VersionCommand.self,
    ])
}
