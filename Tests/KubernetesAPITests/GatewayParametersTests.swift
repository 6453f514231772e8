import JSON
import KubernetesAPI
import Testing

@Suite("Reading GatewayParameters, and who names them")
struct GatewayParametersTests {
  private func parameters(_ spec: String) throws(JSONError) -> GatewayParameters? {
    let text = """
      {"apiVersion": "gateway.kgateway.dev/v1alpha1", "kind": "GatewayParameters",
       "metadata": {"name": "p", "namespace": "shop"}, "spec": \(spec)}
      """
    guard case .gatewayParameters(let parameters)? = try KubernetesObject.decode(json: Array(text.utf8)) else {
      return nil
    }
    return parameters
  }

  @Test("a Gateway's infrastructure and addresses are read")
  func gateway() throws {
    let gateway = try GatewayAPITests.gateway(
      json: """
        {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"gatewayClassName": "kgateway",
         "addresses": [{"type": "Hostname", "value": "a.example.com"}, {"value": "192.0.2.1"}, {"type": "IPAddress"}],
         "infrastructure": {"labels": {"a": "b"}, "annotations": {"c": "d"},
          "parametersRef": {"group": "gateway.kgateway.dev", "kind": "GatewayParameters", "name": "p"}}}}
        """)
    #expect(
      gateway.addresses == [
        .init(type: "Hostname", value: "a.example.com"), .init(value: "192.0.2.1"), .init(value: ""),
      ])
    #expect(
      gateway.infrastructure
        == .init(labels: ["a": "b"], annotations: ["c": "d"], parametersRef: ParametersReference(name: "p")))
    #expect(gateway.infrastructure.parametersRef?.isGatewayParameters == true)
  }

  @Test("a class's reference is read")
  func gatewayClass() throws {
    var reader = JSONReader(
      Array(
        """
        {"metadata": {"name": "c"}, "spec": {"controllerName": "example.com/c",
         "parametersRef": {"group": "", "kind": "ConfigMap", "name": "p", "namespace": "platform"}}}
        """.utf8))
    let gatewayClass = try GatewayClass(from: &reader)
    #expect(
      gatewayClass.parametersRef
        == ParametersReference(group: "", kind: "ConfigMap", name: "p", namespace: "platform"))
    #expect(gatewayClass.parametersRef?.isGatewayParameters == false)
  }

  @Test("a quantity or a count may be a number or a text")
  func numbers() throws {
    let parameters = try #require(
      try parameters(
        #"{"resources": {"limits": {"cpu": 2, "memory": "1Gi"}, "requests": {"cpu": 0.5}}, "podDisruptionBudget": {"maxUnavailable": 1}}"#
      ))
    #expect(parameters.resources == .init(requests: ["cpu": "0.5"], limits: ["cpu": "2", "memory": "1Gi"]))
    #expect(parameters.podDisruptionBudget?.maxUnavailable == "1")
  }

  @Test(
    "a value of another type is refused with its path",
    arguments: [
      (#"{"replicas": "two"}"#, "spec.replicas: expected a number, found a string"),
      (#"{"pod": {"labels": {"a": 1}}}"#, "spec.pod.labels.a: expected a string, found a number"),
      (#"{"pod": {"tolerations": {}}}"#, "spec.pod.tolerations: expected an array, found an object"),
      (#"{"env": [{"value": "x"}]}"#, "spec.env[0]: name is missing"),
      (#"{"autoscaling": {}}"#, "spec.autoscaling: maxReplicas is missing"),
      (#"{"resources": {"limits": {"cpu": true}}}"#, "spec.resources.limits.cpu: expected a string, found a boolean"),
    ])
  func wrongTypes(_ spec: String, _ message: String) {
    let error = #expect(throws: JSONError.self) { try parameters(spec) }
    #expect(error?.description == message)
  }
}
