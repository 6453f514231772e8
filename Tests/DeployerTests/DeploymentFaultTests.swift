import KubernetesAPI
import KubernetesClient
import Testing

@testable import Deployer

@Suite("What is told of an object that the API server refuses")
struct DeploymentFaultTests {
  private static let service = ObjectKey(kind: .service, id: NamespacedName(namespace: "shop", name: "web"))

  @Test(
    "names the object, the server's words, and what to do",
    arguments: [
      (
        403, #"services "web" is forbidden: exceeded quota: small, requested: services=1, used: services=5"#,
        " (raise the namespace's ResourceQuota, or ask for less in GatewayParameters)"
      ),
      (
        403,
        #"services "web" is forbidden: unable to create new content in namespace shop because it is being terminated"#,
        " (the namespace is being deleted)"
      ),
      (
        403, #"services "web" is forbidden: User "kgateway" cannot patch resource "services""#,
        " (the operator's role must allow get, list, watch, create, patch and delete of services, or an admission policy "
          + "forbids it)"
      ),
      (
        404, "the server could not find the requested resource",
        " (the API server does not have the kind v1 Service, or not the namespace)"
      ),
      (
        422, #"Service "web" is invalid: spec.loadBalancerClass: Invalid value: "x": may not change once set"#,
        " (change what GatewayParameters or the Gateway's infrastructure asks for)"
      ),
    ])
  func advice(code: Int, message: String, advice: String) {
    let status = Status(code: code, reason: "Refused", message: message)
    #expect(DeploymentFault.isRefusal(status))
    let fault = DeploymentFault.refused("apply", Self.service, status)
    #expect(fault.message == "The API server refuses to apply Service shop/web: \(message)\(advice)")
  }
}
