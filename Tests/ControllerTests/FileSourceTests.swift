import Controller
import KubernetesAPI
import Logging
import RealComponents
import RecordedLog
import Testing

@Suite("Manifests as the source of objects", .timeLimit(.minutes(1)))
struct FileSourceTests {
  private let disk: TemporaryFolder
  private let sink = RecordingSink()
  private let log = RecordedLog()

  init() throws { disk = try TemporaryFolder() }

  /// Runs the source over the folder (or the file in it) while `body` runs.
  private func watching(
    _ name: String? = nil, builtIn: [KubernetesObject] = [], _ body: () async throws -> Void
  ) async throws {
    let source = FileSource(root: name.map(disk.path(of:)) ?? disk.path, builtIn: builtIn, logger: log.logger)
    try await withThrowingTaskGroup { group in
      group.addTask { [sink] in try await source.run(into: sink) }
      try await eventually("the first sync") { await sink.isSynced }
      try await body()
      group.cancelAll()
      // The end that was asked for is no error worth telling.
      while let result = await group.nextResult() {
        if case .failure(let error) = result { #expect(error is CancellationError) }
      }
    }
  }

  private func eventuallyLabelled(_ label: String, _ name: String = "shop") async throws {
    try await eventually("Namespace \(name) with the label \(label)") {
      await sink.labels(.namespace, name) == ["team": label]
    }
  }

  @Test("what is there is delivered before any kind counts as synced, built-in objects too")
  func first() async throws {
    try disk.write(Manifests.gateway, to: "a.yaml")
    try await watching(builtIn: [Objects.gatewayClass("kgateway")]) {
      #expect(await sink.changes == ["+ GatewayClass kgateway", "+ Gateway shop/web"])
    }
  }

  @Test("a file that is written, put in place, or removed is seen")
  func changes() async throws {
    try disk.write(Manifests.namespace("shop", label: "a"), to: "a.yaml")
    try await watching {
      try disk.write(Manifests.namespace("shop", label: "b"), to: "a.yaml")
      try await eventuallyLabelled("b")
      try disk.replace("a.yaml", with: Manifests.namespace("shop", label: "c"))
      try await eventuallyLabelled("c")
      try disk.remove("a.yaml")
      try await eventually("Namespace shop gone") { await sink.labels(.namespace, "shop") == nil }
    }
  }

  @Test("a new folder is seen with what is in it, and what changes there later")
  func newFolder() async throws {
    try await watching {
      try disk.makeFolder("new/er")
      try disk.write(Manifests.namespace("shop", label: "a"), to: "new/er/a.yaml")
      try await eventuallyLabelled("a")
      try disk.write(Manifests.namespace("shop", label: "b"), to: "new/er/a.yaml")
      try await eventuallyLabelled("b")
    }
  }

  @Test("a single file is followed through an editor's way of writing")
  func singleFile() async throws {
    try disk.write(Manifests.namespace("shop", label: "a"), to: "a.yaml")
    try await watching("a.yaml") {
      try disk.replace("a.yaml", with: Manifests.namespace("shop", label: "b"))
      try await eventuallyLabelled("b")
    }
  }

  @Test("a folder that is moved away keeps its objects, and is followed again when there is one")
  func folderComesAgain() async throws {
    try disk.makeFolder("m")
    try disk.write(Manifests.namespace("shop", label: "a"), to: "m/a.yaml")
    try await watching("m") {
      try disk.rename("m", to: "elsewhere")
      try await eventually("the log tells") { !log.messages(.error).isEmpty }
      #expect(log.messages(.error).first?.hasSuffix("its permissions (what was there before stays in force)") == true)
      #expect(await sink.labels(.namespace, "shop") == ["team": "a"])
      try disk.makeFolder("m")
      try disk.write(Manifests.namespace("shop", label: "b"), to: "m/a.yaml")
      try await eventuallyLabelled("b")
    }
  }

  @Test("a broken file keeps what it gave; the log tells that, and when it is well again")
  func broken() async throws {
    try disk.write(Manifests.namespace("shop", label: "a"), to: "a.yaml")
    try await watching {
      try disk.replace("a.yaml", with: "metadata: {")
      try await eventually("the log tells") { !log.messages(.error).isEmpty }
      #expect(log.messages(.error).first?.hasPrefix(disk.path(of: "a.yaml") + ":") == true)
      #expect(log.messages(.error).first?.hasSuffix("(what was there before stays in force)") == true)
      #expect(await sink.labels(.namespace, "shop") == ["team": "a"])
      try disk.replace("a.yaml", with: Manifests.namespace("shop", label: "b"))
      try await eventuallyLabelled("b")
      #expect(log.messages(.notice) == ["\(disk.path(of: "a.yaml")) is well again"])
      #expect(log.messages(.error).count == 1)
    }
  }

  @Test("a built-in object comes back when the manifest that redefined it goes")
  func builtIn() async throws {
    let ours = Objects.gatewayClass("kgateway")
    try await watching(builtIn: [ours]) {
      try disk.write(
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: GatewayClass
        metadata: {name: kgateway}
        spec: {controllerName: example.com/theirs}
        """, to: "class.yaml")
      try await eventually("the class redefined") { await sink.objects[ours.reference] != ours }
      try disk.remove("class.yaml")
      try await eventually("the built-in class") { await sink.objects[ours.reference] == ours }
    }
  }
}
