import ArgumentParser
import Deployer
import KubernetesAPI
import Translator

/// Whether and how the proxies of Gateways are deployed.
struct DeployerOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Deploy proxies for each Gateway.",
      discussion: """
        A Gateway gets a ServiceAccount, a ConfigMap, a Service and a Deployment of Envoy in its own namespace, and, where \
        its GatewayParameters ask for them, a HorizontalPodAutoscaler and a PodDisruptionBudget. With --no-deployer, \
        proxies are served that others run, and Gateways have no addresses.
        """))
  var deployer = true

  @Option(
    help: ArgumentHelp(
      "The image of the proxies, unless GatewayParameters name another: Envoy \(Version.envoy), with envoy in its PATH.",
      valueName: "image"))
  var proxyImage = "docker.io/envoyproxy/envoy:distroless-v1.40.0"

  func validate() throws {
    guard !proxyImage.isEmpty, !proxyImage.contains(where: \.isWhitespace) else {
      throw ValidationError("--proxy-image \"\(proxyImage)\": expected REGISTRY/REPOSITORY:TAG")
    }
  }

  /// In the clear, unless authorities are filled in.
  ///
  /// - Parameters:
  ///   - xds: where proxies find the control plane.
  ///   - sendsToken: whether they show whose they are.
  func settings(xds: HostPort, sendsToken: Bool) -> DeployerSettings {
    DeployerSettings(
      proxyImage: proxyImage, xds: xds, transport: .plaintext, sendsToken: sendsToken,
      controllerName: ControllerIdentity.controllerName)
  }
}
