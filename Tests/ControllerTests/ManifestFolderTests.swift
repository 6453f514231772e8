import Controller
import KubernetesAPI
import Testing

@Suite("A folder of manifests")
struct ManifestFolderTests {
  private let disk: TemporaryFolder
  private var folder: ManifestFolder

  init() throws {
    disk = try TemporaryFolder()
    folder = ManifestFolder(root: disk.path)
  }

  /// What a look brings, in short: `+ Kind name`, `- Kind name`.
  private mutating func look() -> [String] { Self.text(folder.refresh().events) }

  private static func text(_ events: [ResourceEvent]) -> [String] {
    events.map { event in
      if case .delete = event { "- \(event.reference)" } else { "+ \(event.reference)" }
    }
  }

  @Test("the first look brings what is there, also in subfolders; a second one brings nothing")
  mutating func firstLook() throws {
    try disk.makeFolder("deep/er")
    try disk.write(Manifests.gateway, to: "a.yaml")
    try disk.write(Manifests.service, to: "deep/er/b.yml")
    try disk.write(#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}"#, to: "c.json")
    try disk.write("not a manifest", to: "README.md")
    try disk.write("{", to: ".hidden.yaml")
    #expect(look() == ["+ Gateway shop/web", "+ Namespace shop", "+ Service shop/cart"])
    #expect(look() == [])
  }

  @Test("a change brings the object that changed, a deletion takes the file's objects away")
  mutating func changes() throws {
    try disk.write(Manifests.documents(Manifests.gateway, Manifests.namespace("shop")), to: "a.yaml")
    _ = look()
    try disk.replace("a.yaml", with: Manifests.documents(Manifests.gateway, Manifests.namespace("shop", label: "new")))
    #expect(look() == ["+ Namespace shop"])
    try disk.remove("a.yaml")
    #expect(look() == ["- Gateway shop/web", "- Namespace shop"])
  }

  @Test("a file that is broken or half-written keeps what it gave, is told once, and is told to be well again")
  mutating func broken() throws {
    try disk.write(Manifests.documents(Manifests.gateway, Manifests.service), to: "a.yaml")
    _ = look()
    try disk.replace("a.yaml", with: "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {na")
    let broken = folder.refresh()
    #expect(broken.events.isEmpty)
    #expect(broken.diagnostics.count == 1)
    #expect(broken.kept == [disk.path(of: "a.yaml")])
    #expect(folder.refresh().diagnostics.isEmpty)

    try disk.replace("a.yaml", with: Manifests.gateway)
    let mended = folder.refresh()
    #expect(mended.mended == [disk.path(of: "a.yaml")])
    #expect(Self.text(mended.events) == ["- Service shop/cart"])
  }

  @Test("a file that is broken from the start keeps nothing, and says so")
  mutating func brokenFromTheStart() throws {
    try disk.write("a: [", to: "a.yaml")
    let update = folder.refresh()
    #expect(update.diagnostics.count == 1)
    #expect(update.kept.isEmpty)
  }

  @Test("a broken object keeps its last state, while the rest of its file moves on")
  mutating func brokenObject() throws {
    try disk.write(Manifests.documents(Manifests.fileLog(), Manifests.namespace("shop")), to: "a.yaml")
    _ = look()
    try disk.replace(
      "a.yaml", with: Manifests.documents(Manifests.fileLog(to: "yes"), Manifests.namespace("shop", label: "new")))
    #expect(look() == ["+ Namespace shop"])
  }

  @Test("an object that moves from one file to another is never gone in between")
  mutating func moved() throws {
    try disk.write(Manifests.documents(Manifests.gateway, Manifests.service), to: "a.yaml")
    _ = look()
    try disk.write(Manifests.service, to: "b.yaml")
    try disk.replace("a.yaml", with: Manifests.gateway)
    #expect(look() == [])
  }

  @Test("an object in two files is told once; the first counts, and the second takes over when the first goes")
  mutating func twoFiles() throws {
    try disk.write(Manifests.namespace("shop", label: "first"), to: "a.yaml")
    try disk.write(Manifests.namespace("shop", label: "second"), to: "b.yaml")
    let update = folder.refresh()
    #expect(update.events.compactMap(\.labels) == [["team": "first"]])
    #expect(
      update.diagnostics.map(\.description) == [
        "\(disk.path)/b.yaml:4:9: Namespace shop: the object is in \(disk.path)/a.yaml too, which is used; remove one"
      ])
    #expect(folder.refresh().diagnostics.isEmpty)
    try disk.remove("a.yaml")
    #expect(folder.refresh().events.compactMap(\.labels) == [["team": "second"]])
  }

  @Test("a ConfigMap volume's swap of its data link is one change")
  mutating func configMapVolume() throws {
    try disk.makeFolder("..1")
    try disk.makeFolder("..2")
    try disk.write(Manifests.namespace("shop", label: "old"), to: "..1/a.yaml")
    try disk.write(Manifests.namespace("shop", label: "new"), to: "..2/a.yaml")
    try disk.link("..data", to: "..1")
    try disk.link("a.yaml", to: "..data/a.yaml")
    #expect(folder.refresh().events.compactMap(\.labels) == [["team": "old"]])
    try disk.link("..data_tmp", to: "..2")
    try disk.rename("..data_tmp", to: "..data")
    let update = folder.refresh()
    #expect(update.events.compactMap(\.labels) == [["team": "new"]])
    #expect(update.diagnostics.isEmpty)
  }

  @Test("a folder that is gone is told once and keeps what was in it, until it is there again")
  mutating func folderGone() throws {
    try disk.makeFolder("m")
    try disk.write(Manifests.gateway, to: "m/a.yaml")
    folder = ManifestFolder(root: disk.path(of: "m"))
    #expect(look() == ["+ Gateway shop/web"])
    try disk.rename("m", to: "elsewhere")
    let gone = folder.refresh()
    #expect(gone.events.isEmpty)
    #expect(gone.diagnostics.map(\.file) == [disk.path(of: "m")])
    #expect(gone.kept == [disk.path(of: "m")])
    #expect(folder.refresh().diagnostics.isEmpty)
    try disk.makeFolder("m")
    let back = folder.refresh()
    #expect(back.mended == [disk.path(of: "m")])
    #expect(Self.text(back.events) == ["- Gateway shop/web"])
  }

  @Test("links that lead in a circle are followed to a bound")
  mutating func circle() throws {
    try disk.write(Manifests.namespace("shop"), to: "a.yaml")
    try disk.link("again", to: ".")
    #expect(look() == ["+ Namespace shop"])
  }
}

extension ResourceEvent {
  /// Those of the object that is there; nil for a deletion.
  fileprivate var labels: [String: String]? {
    if case .upsert(let object) = self { object.metadata.labels } else { nil }
  }
}
