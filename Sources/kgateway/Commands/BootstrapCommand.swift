import ArgumentParser
import Deployer
import FoundationEssentials
import JSON
import KubernetesAPI
import Translator

struct BootstrapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bootstrap",
    abstract: "Prints the configuration with which an Envoy of your own starts as a Gateway's proxy.",
    discussion: """
      It is the one of the pods that the operator deploys: everything comes from the control plane over one TLS \
      connection, /metrics is on port \(PortBinding.metricsPort), /ready on \(PortBinding.readinessPort), and the admin \
      page on 127.0.0.1:\(PortBinding.adminPort). A listener's port below 1024 is bound 10,000 higher (80 as 10080).

      The token must be one of the ServiceAccount that is named as the Gateway, for the audience kgateway; the proxy \
      reads it and the authorities again whenever their folder changes. How to read them is told in two more files, \
      which --write writes beside the bootstrap:

        kgateway bootstrap --gateway shop/web --write /etc/envoy && envoy -c /etc/envoy/envoy.json
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case yaml
    case json
  }

  @Option(help: ArgumentHelp("The Gateway that the proxy serves.", valueName: "namespace/name"))
  var gateway: GatewayArgument

  @Option(
    help: ArgumentHelp(
      "Where the control plane serves xDS; its certificate must be for this host.", valueName: "host:port"))
  var xdsService = HostPortArgument(HostPort(host: "kgateway.kgateway-system.svc", port: 9977))

  @Flag(help: "Connect in plain text, to a control plane that runs with the same flag.")
  var xdsPlaintext = false

  @Option(help: "token: send the token. none: send nothing, to a control plane that asks for nothing.")
  var xdsAuth: Authentication = .token

  enum Authentication: String, ExpressibleByArgument, CaseIterable {
    case token
    case none
  }

  @Option(help: ArgumentHelp("The file of the token.", valueName: "path"))
  var tokenPath = "/var/run/secrets/kgateway/token"

  @Option(help: ArgumentHelp("The file of the authorities, in PEM.", valueName: "path"))
  var caPath = "/etc/envoy/ca.crt"

  @Option(help: ArgumentHelp("What the proxy calls itself. Default: the Gateway's name.", valueName: "name"))
  var nodeID: String?

  @Option(
    help: ArgumentHelp(
      "Write the bootstrap, and the files that it refers to, into this folder instead of printing it.",
      valueName: "dir"))
  var write: String?

  @Option(name: .shortAndLong, help: "yaml or json. What is written with --write is JSON.")
  var output: Format = .yaml

  func run() throws {
    let folder = write ?? "/etc/envoy"
    var files: [(name: String, document: JSONValue)] = []
    var secrets = ControlPlaneConnection.SecretFiles()
    if xdsAuth == .token {
      secrets.token = "\(folder)/sds-token.json"
      files.append(("sds-token.json", try SecretFile.token(at: tokenPath)))
    }
    if !xdsPlaintext {
      secrets.authorities = "\(folder)/sds-ca.json"
      files.append(("sds-ca.json", try SecretFile.authorities(at: caPath, host: xdsService.value.host)))
    }
    let bootstrap = ProxyBootstrap(
      gateway: gateway.name,
      connection: ControlPlaneConnection(address: xdsService.value, files: secrets, initialFetchTimeout: 0),
      nodeID: nodeID ?? "\(gateway.name.name).\(gateway.name.namespace)")
    let document = try bootstrap.document()
    guard let write else {
      print(output == .yaml ? YAMLText.encode(document) : JSONText.encode(document), terminator: "")
      let names = files.map { "\(folder)/\($0.name)" }.joined(separator: " and ")
      if !names.isEmpty { StandardError.write("it reads \(names); --write DIR writes them too") }
      return
    }
    for file in [("envoy.json", document)] + files { try Self.write(file.1, to: "\(write)/\(file.0)") }
  }

  private static func write(_ document: JSONValue, to path: String) throws {
    do {
      try Data(JSONText.encode(document).utf8).write(
        to: URL(filePath: path, directoryHint: .notDirectory), options: .atomic)
    } catch {
      throw ValidationError("--write: \(path) cannot be written: \(error)")
    }
  }
}

/// `NAMESPACE/NAME`.
struct GatewayArgument: ExpressibleByArgument {
  let name: NamespacedName

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts.contains("") else { return nil }
    name = NamespacedName(namespace: parts[0], name: parts[1])
  }
}

/// `HOST:PORT`.
struct HostPortArgument: ExpressibleByArgument {
  let value: HostPort

  init(_ value: HostPort) { self.value = value }

  init?(argument: String) {
    guard let value = HostPort(argument) else { return nil }
    self.value = value
  }

  var defaultValueDescription: String { value.description }
}
