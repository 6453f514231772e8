import Controller
import KubernetesAPI
import Testing

/// What reaches the deployment of Gateways: `shop/web` names parameters, `shop/other` has those of its class alone.
@Suite("The parameters of Gateways in the store")
struct DeploymentInputsTests {
  private var store = ResourceStore(controllerName: "kgateway.dev/kgateway")
  private let web = NamespacedName(namespace: "shop", name: "web")
  private let other = NamespacedName(namespace: "shop", name: "other")
  private let own = NamespacedName(namespace: "shop", name: "own")
  private let standard = NamespacedName(namespace: "platform", name: "standard")

  init() {
    apply(gatewayClass("ours", parameters: standard))
    apply(gateway(web, class: "ours", parameters: "own"))
    apply(gateway(other, class: "ours"))
  }

  @discardableResult
  private mutating func apply(_ object: KubernetesObject) -> Affected { store.apply(.upsert(object)) }

  private func gatewayClass(
    _ name: String, controller: String = "kgateway.dev/kgateway", parameters: NamespacedName? = nil
  ) -> KubernetesObject {
    .gatewayClass(
      GatewayClass(
        metadata: ObjectMeta(name: name), controllerName: controller,
        parametersRef: parameters.map { ParametersReference(name: $0.name, namespace: $0.namespace) }))
  }

  private func gateway(
    _ id: NamespacedName, class className: String, parameters: String? = nil
  ) -> KubernetesObject {
    .gateway(
      Gateway(
        metadata: ObjectMeta(namespace: id.namespace, name: id.name), gatewayClassName: className,
        infrastructure: .init(parametersRef: parameters.map { ParametersReference(name: $0) })))
  }

  private func parameters(_ id: NamespacedName, replicas: Int, resourceVersion: String = "1") -> KubernetesObject {
    .gatewayParameters(
      GatewayParameters(
        metadata: ObjectMeta(namespace: id.namespace, name: id.name, resourceVersion: resourceVersion),
        replicas: replicas))
  }

  @Test("parameters reach the deployments of those that name them, and no translation")
  mutating func ownParameters() {
    #expect(apply(parameters(own, replicas: 2)) == Affected(deployments: [web]))
    #expect(store.deploymentInputs(for: web)?.parameters?.replicas == 2)
    #expect(store.deploymentInputs(for: other)?.parameters == nil)
    #expect(store.apply(.delete(.init(kind: .gatewayParameters, id: own))) == Affected(deployments: [web]))
    #expect(store.deploymentInputs(for: web)?.parameters == nil)
  }

  @Test("parameters of a class reach all of its Gateways")
  mutating func classParameters() {
    #expect(apply(parameters(standard, replicas: 3)) == Affected(deployments: [web, other]))
    #expect(store.deploymentInputs(for: other)?.classParameters?.replicas == 3)
  }

  @Test("parameters that nobody names, and what the API server alone changes, reach nothing")
  mutating func noise() {
    let unused = NamespacedName(namespace: "other", name: "own")
    #expect(apply(parameters(unused, replicas: 1)).isEmpty)
    apply(parameters(own, replicas: 2))
    #expect(apply(parameters(own, replicas: 2, resourceVersion: "2")).isEmpty)
  }

  @Test("another reference reaches the deployment, of a Gateway or of all of a class")
  mutating func references() {
    apply(parameters(own, replicas: 2))
    #expect(apply(gateway(other, class: "ours", parameters: "own")).deployments == [other])
    #expect(store.deploymentInputs(for: other)?.parameters?.replicas == 2)
    #expect(apply(gatewayClass("ours")) == Affected(deployments: [web, other]))
    #expect(apply(parameters(standard, replicas: 3)).isEmpty)
  }

  @Test("a Gateway that goes, or goes to another controller, reaches its deployment once more")
  mutating func leaves() {
    #expect(apply(gatewayClass("ours", controller: "example.com/theirs")).deployments == [web, other])
    #expect(store.deploymentInputs(for: web) == nil)
    apply(gatewayClass("ours"))
    #expect(store.apply(.delete(.init(kind: .gateway, id: web))).deployments == [web])
  }

  @Test("a class that is deleted and made anew for another controller reaches the deployments that it leaves behind")
  mutating func replacedClass() {
    _ = store.apply(.delete(ObjectReference(kind: .gatewayClass, id: NamespacedName(namespace: "", name: "ours"))))
    #expect(apply(gatewayClass("ours", controller: "example.com/theirs")).deployments == [web, other])
    #expect(apply(gatewayClass("ours", controller: "example.com/others")).deployments.isEmpty)
  }

  @Test("so does a Gateway that leaves a class which is gone for one of another controller")
  mutating func leavesDeletedClass() {
    apply(gatewayClass("theirs", controller: "example.com/theirs"))
    _ = store.apply(.delete(ObjectReference(kind: .gatewayClass, id: NamespacedName(namespace: "", name: "ours"))))
    #expect(apply(gateway(web, class: "theirs")).deployments == [web])
    #expect(apply(gateway(NamespacedName(namespace: "shop", name: "new"), class: "theirs")).deployments.isEmpty)
  }

  @Test("a policy or a route reaches no deployment")
  mutating func others() {
    #expect(apply(Objects.route("shop/r", parents: ["web"], backends: ["shop/cart"])).deployments.isEmpty)
    #expect(apply(Objects.policy("shop/p", targets: ["web"])).deployments.isEmpty)
  }
}
