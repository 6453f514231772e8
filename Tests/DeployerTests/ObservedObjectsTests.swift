import JSON
import KubernetesAPI
import Testing

@testable import Deployer

/// What watches and answers say comes in any order.
@Suite("The objects that are there, as watches and answers tell")
struct ObservedObjectsTests {
  private static let gateway = GatewayIdentity(NamespacedName(namespace: "shop", name: "web"), uid: "1")

  private static func desired() throws -> DesiredObject {
    try #require(
      Documents.objects(of: "web").map { DesiredObject($0, of: gateway) }.first { $0.key.kind == .deployment })
  }

  /// The document as it is stored, with another value for what somebody else has changed.
  private static func stored(_ desired: DesiredObject, version: Int, image: String? = nil) throws -> ObservedObject {
    var reader = JSONReader(desired.body(uid: "2"))
    var document = try reader.readValue()
    document.set(.string("\(version)"), at: "metadata", "resourceVersion")
    if let image { document.set(.string(image), at: "spec", "other") }
    return ObservedObject(.deployment, document)
  }

  @Test("an answer that comes after the watch has told that the object is gone is not believed")
  func goneMeanwhile() throws {
    let desired = try Self.desired()
    var objects = ObservedObjects()
    objects.beginWrite(of: desired.key)
    _ = objects.note(try Self.stored(desired, version: 11))
    _ = objects.remove(desired.key)
    objects.note(try Self.stored(desired, version: 11), to: desired, isPutBack: true)
    objects.endWrite(of: desired.key)
    #expect(objects[desired.key] == nil)
    #expect(!objects.isUpToDate(desired))

    objects.beginWrite(of: desired.key)
    objects.note(try Self.stored(desired, version: 13), to: desired, isPutBack: false)
    objects.endWrite(of: desired.key)
    #expect(objects.isUpToDate(desired))
  }

  @Test("only what was put back counts as put back, whether its watch or its answer comes first")
  func contention() throws {
    let desired = try Self.desired()
    for watchIsFirst in [false, true] {
      var objects = ObservedObjects()
      for version in 1...6 {
        #expect(!objects.isContended(desired.key))
        objects.beginWrite(of: desired.key)
        if watchIsFirst { _ = objects.note(try Self.stored(desired, version: version)) }
        // The first is the creation.
        objects.note(try Self.stored(desired, version: version), to: desired, isPutBack: version > 1)
        objects.endWrite(of: desired.key)
      }
      #expect(objects.isContended(desired.key))
    }
  }

  @Test("a put-back whose answer is older than what the watch shows counts as well")
  func lateAnswer() throws {
    let desired = try Self.desired()
    var objects = ObservedObjects()
    for version in stride(from: 1, through: 9, by: 2) {
      objects.beginWrite(of: desired.key)
      _ = objects.note(try Self.stored(desired, version: version + 1, image: "somebody's"))
      objects.note(try Self.stored(desired, version: version), to: desired, isPutBack: true)
      objects.endWrite(of: desired.key)
    }
    #expect(objects.isContended(desired.key))
  }
}
