import JSON
import KubernetesAPI
import Testing
import YAML

/// The objects of a manifest, in its order; nil for each of a kind that is not watched.
func objects(_ manifest: String) throws -> [KubernetesObject?] {
  try YAML.documents(in: Array(manifest.utf8)).map { try KubernetesObject.decode(json: $0.json) }
}

/// The paths of a manifest's fields that no decoder knows, and the objects' errors.
func complaints(_ manifest: String) throws -> [String] {
  var complaints: [String] = []
  for document in try YAML.documents(in: Array(manifest.utf8)) {
    var reader = JSONReader(document.json, recordsUnknownFields: true)
    do throws(JSONError) {
      _ = try KubernetesObject.decode(from: &reader)
      complaints += reader.unknownFields
    } catch {
      complaints.append(error.description)
    }
  }
  return complaints
}

@Suite("Kubernetes objects of any kind")
struct KubernetesObjectTests {
  @Test("the kind decides what is read, wherever it stands in the object")
  func kinds() throws {
    let found = try objects(Manifests.backend + "\n---\n" + Manifests.gateway + "\n---\n" + Manifests.route)
    #expect(
      found.map { $0?.reference.description } == [
        "Service shop/web", "EndpointSlice shop/web-x7k2p", "Namespace shop", "ReferenceGrant next/from-shop",
        "GatewayClass kgateway", "Gateway infra/proxy", "HTTPRoute shop/web",
      ])
    let last = #"{"metadata":{"name":"n"},"spec":{"kind":"Pod"},"kind":"Namespace","apiVersion":"v1"}"#
    #expect(try KubernetesObject.decode(json: Array(last.utf8))?.metadata.name == "n")
  }

  @Test(
    "other kinds are passed over",
    arguments: [
      "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}}", "{apiVersion: v1, kind: Gateway}",
      "{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: x}}",
      "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: x}}",
    ])
  func otherKinds(manifest: String) throws {
    #expect(try objects(manifest) == [nil])
  }

  @Test("a reader stands after an object of another kind as after any")
  func readerAfterwards() throws {
    var reader = JSONReader(Array(#"[{"apiVersion":"a/v1","kind":"B"},{"apiVersion":"v1","kind":"C"}]"#.utf8))
    var count = 0
    try reader.readArray { reader, _ throws(JSONError) in
      #expect(try KubernetesObject.decode(from: &reader) == nil)
      count += 1
    }
    try reader.readEnd()
    #expect(count == 2)
  }

  @Test(
    "what makes no object of its kind is an error that names the field",
    arguments: [
      ("{kind: Gateway}", "apiVersion is missing"), ("{apiVersion: v1}", "kind is missing"),
      ("[1]", "expected an object, found an array"),
      ("{apiVersion: 1, kind: Gateway}", "apiVersion: expected a string, found a number"),
      (
        "{apiVersion: gateway.kgateway.dev/v1, kind: HTTPListenerPolicy, metadata: {name: x}}",
        "apiVersion: HTTPListenerPolicy of gateway.kgateway.dev/v1 is not known; "
          + "use gateway.kgateway.dev/v1alpha1"
      ),
      ("{apiVersion: v1, kind: Namespace}", "metadata is missing"),
      ("{apiVersion: v1, kind: Namespace, metadata: {namespace: x}}", "metadata: name is missing"),
      (
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: x}}", "spec is missing"
      ),
      (
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: x}, spec: {listeners: []}}",
        "spec: gatewayClassName is missing"
      ),
      (
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: x}, "
          + "spec: {gatewayClassName: c, listeners: [{name: a, port: 70000, protocol: HTTP}]}}",
        "spec.listeners[0].port: expected a port from 1 to 65535, found 70000"
      ),
      (
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: x}, "
          + "spec: {gatewayClassName: c, listeners: [{name: a, protocol: HTTP}]}}",
        "spec.listeners[0]: port is missing"
      ),
      (
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: x}, "
          + "spec: {gatewayClassName: c, listeners: [{name: a, port: http, protocol: HTTP}]}}",
        "spec.listeners[0].port: expected a number, found a string"
      ),
      (
        "{apiVersion: v1, kind: Namespace, metadata: {name: x, creationTimestamp: yesterday}}",
        #"metadata.creationTimestamp: expected a time such as 2006-01-02T15:04:05Z, found "yesterday""#
      ),
      (
        "{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {a.b/c: true}}}",
        #"metadata.labels["a.b/c"]: expected a string, found a boolean"#
      ),
    ])
  func errors(manifest: String, message: String) throws {
    #expect(try complaints(manifest) == [message])
  }

  @Test("unknown fields are found by their paths, and the known ones that nobody reads are none")
  func unknownFields() throws {
    #expect(
      try complaints(
        [Manifests.guide, Manifests.customTags, Manifests.gateway, Manifests.route].joined(separator: "\n---\n"))
        == [])
    let policy = """
      apiVersion: gateway.kgateway.dev/v1alpha1
      kind: HTTPListenerPolicy
      metadata: {name: x, lables: {}}
      spec:
        targetRef: {}
        accessLog: [{fileSink: {path: /dev/stdout, jsonFomat: {}}}, {stdout: true}]
        tracing: {provider: {otel: {grpcAddress: "a:1", tls: true}}, customTags: {a: {literal: b, lit: c}}}
      """
    #expect(
      try complaints(policy) == [
        "metadata.lables", "spec.targetRef", "spec.accessLog[0].fileSink.jsonFomat", "spec.accessLog[1].stdout",
        "spec.tracing.provider.otel.tls", "spec.tracing.customTags.a.lit",
      ])
    let gateway = """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: x}
      spec:
        gatewayClassName: c
        infrastructure: {labels: {a: b}}
        addresses: [{value: 10.0.0.1}]
        listener: []
      """
    #expect(try complaints(gateway) == ["spec.listener"])
  }
}
