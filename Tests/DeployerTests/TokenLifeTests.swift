import Deployer
import JSON
import Testing

@Suite("A proxy's token")
struct TokenLifeTests {
  @Test("is good for a day more whenever an outage of the API server begins, and for hours where a day is its limit")
  func life() throws {
    let objects = try #require(try Manifests(Manifests.text()).deployment.objects)
    let deployment = try #require(objects.first { $0.kind == .deployment }?.document)
    let volumes = try #require(deployment["spec"]?["template"]?["spec"]?["volumes"]?.elements)
    let sources = volumes.flatMap { $0["projected"]?["sources"]?.elements ?? [] }
    let lives = sources.compactMap { source -> Double? in
      guard case .integer(let seconds)? = source["serviceAccountToken"]?["expirationSeconds"] else { return nil }
      return Double(seconds)
    }
    #expect(lives.count == 1)
    let asked = try #require(lives.first)
    #expect(Self.secondsLeft(ofLife: asked) >= Self.day)
    #expect(Self.secondsLeft(ofLife: min(asked, Self.day)) > 4 * 3600)
  }

  private static let day = 24.0 * 3600

  /// What the oldest token in use has left: the kubelet replaces one when four fifths of its life are over, or when it is a
  /// day old.
  private static func secondsLeft(ofLife life: Double) -> Double { life - min(life * 0.8, day) }
}
