import Controller
import KubernetesAPI
import Testing

@Suite("A file of manifests")
struct ManifestFileTests {
  private func read(_ text: String) -> ManifestFile { ManifestFile(path: "a.yaml", bytes: Array(text.utf8)) }

  private func references(_ file: ManifestFile) -> [String] { file.entries.map { $0.object.reference.description } }

  private func complaints(_ text: String) -> [String] { read(text).diagnostics.map(\.description) }

  @Test("its documents are read, and what nobody here watches is passed over")
  func documents() {
    let file = read(
      Manifests.documents(
        Manifests.gateway, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: x\nspec:\n  anything: 1\n",
        Manifests.service))
    #expect(references(file) == ["Gateway shop/web", "Service shop/cart"])
    #expect(file.diagnostics.isEmpty)
  }

  @Test("an object without a namespace is in the namespace default, one of a kind without namespaces in none")
  func defaultNamespace() {
    let file = read(
      Manifests.documents("apiVersion: v1\nkind: Service\nmetadata:\n  name: cart\n", Manifests.namespace("shop")))
    #expect(references(file) == ["Service default/cart", "Namespace shop"])
  }

  @Test("a List is unpacked, also inside another one")
  func list() {
    let file = read(
      """
      apiVersion: v1
      kind: List
      metadata:
        resourceVersion: ""
      items:
      - apiVersion: v1
        kind: Namespace
        metadata: {name: shop}
      - apiVersion: v1
        kind: List
        items:
        - {apiVersion: v1, kind: Namespace, metadata: {name: pay}}
      """)
    #expect(references(file) == ["Namespace shop", "Namespace pay"])
    #expect(file.diagnostics.isEmpty)
  }

  @Test("what is wrong in an item of a List is told at its place, and costs the other items nothing")
  func listWithError() {
    let file = read(
      """
      apiVersion: v1
      kind: List
      items:
      - apiVersion: v1
        kind: Service
        metadata: {name: cart, namespace: shop}
        spec:
          ports:
          - port: many
      - apiVersion: v1
        kind: Service
        metadata: {name: card, namespace: shop, labels: {a: yes}}
      - apiVersion: v1
        kind: Namespace
        metadata: {name: shop, colour: red}
      - apiVersion: v1
        kind: Namespace
        metadata: {name: pay}
      """)
    #expect(references(file) == ["Namespace pay"])
    #expect(
      file.diagnostics.map(\.description) == [
        "a.yaml:9:13: Service shop/cart: spec.ports[0].port: expected a number, found a string",
        "a.yaml:12:55: Service shop/card: metadata.labels.a: expected a string, found a boolean; quote it: \"yes\"",
        "a.yaml:15:26: Namespace shop: metadata.colour: unknown field; remove it or correct its name",
      ])
    #expect(!file.isTorn)
  }

  @Test("broken YAML is told with line and column, and gives nothing")
  func brokenYAML() {
    let file = read(Manifests.gateway + "  bad: [1,\n")
    #expect(file.isTorn)
    #expect(file.entries.isEmpty)
    #expect(file.diagnostics.count == 1)
    #expect(file.diagnostics.first?.line == 12 || file.diagnostics.first?.line == 13)
  }

  @Test("an object that cannot be used is named, and the others of its file are used")
  func brokenObject() throws {
    let file = read(Manifests.documents(Manifests.fileLog(to: "yes"), Manifests.gateway))
    #expect(references(file) == ["Gateway shop/web"])
    #expect(file.broken.map(\.description) == ["HTTPListenerPolicy shop/logs"])
    #expect(
      file.diagnostics.map(\.description) == [
        "a.yaml:13:13: HTTPListenerPolicy shop/logs: spec.accessLog[0].fileSink.path: expected a string, "
          + "found a boolean; quote it: \"yes\""
      ])
  }

  @Test("an unknown field is refused at the place of its name")
  func unknownField() {
    let text = Manifests.policy("tracing:\n  samplingrate: 10\n  provider:\n    otel:\n      grpcAddress: a:1")
    #expect(
      complaints(text) == [
        "a.yaml:12:5: HTTPListenerPolicy shop/logs: spec.tracing.samplingrate: unknown field; remove it or correct "
          + "its name"
      ])
  }

  @Test("an object that is in the file twice is told, and the last counts")
  func twice() {
    let file = read(
      Manifests.documents(Manifests.namespace("shop", label: "a"), Manifests.namespace("shop", label: "b")))
    #expect(file.entries.count == 1)
    #expect(file.entries.first?.object.metadata.labels == ["team": "b"])
    #expect(
      file.diagnostics.map(\.description) == [
        "a.yaml:11:9: Namespace shop: the object is in the file twice; the last is used, remove one"
      ])
  }

  @Test("what is no Kubernetes object is told")
  func noObject() {
    #expect(complaints("kind: Gateway\n") == ["a.yaml:1:1: apiVersion is missing"])
    #expect(complaints("just a text\n") == ["a.yaml:1:1: expected an object, found a string"])
    #expect(read("# nothing but a comment\n").diagnostics.isEmpty)
  }

  @Test("an API version that is not known is told, with the one to use")
  func version() {
    #expect(
      complaints(Manifests.gateway.replacing("/v1\n", with: "/v1alpha2\n")) == [
        "a.yaml:1:13: Gateway shop/web: apiVersion: Gateway of gateway.networking.k8s.io/v1alpha2 is not known; "
          + "use gateway.networking.k8s.io/v1"
      ])
  }

  @Test("a file that cannot be opened is told by its path")
  func unreadable() {
    let file = ManifestFile(reading: "/nonexistent/a.yaml")
    #expect(file.isTorn)
    #expect(
      file.diagnostics.map(\.description)
        == ["/nonexistent/a.yaml:1:1: cannot be read; check that it exists, and its permissions"])
  }
}
