import Deployer
import KubernetesAPI
import Testing

@testable import Deployer

@Suite("The names of a Gateway's objects")
struct ObjectNamesTests {
  private func names(_ name: String) -> ObjectNames { ObjectNames(of: NamespacedName(namespace: "shop", name: name)) }

  @Test("are the Gateway's where a Service may be called so")
  func plain() {
    for name in ["web", "a", "web-1", String(repeating: "a", count: 63)] {
      #expect(names(name).objects == name)
      #expect(names(name).serviceAccount == name)
    }
  }

  @Test(
    "are a readable part and a hash otherwise",
    arguments: [
      "2024-web", "web.example.com", String(repeating: "a.", count: 100) + "b", String(repeating: "a", count: 64),
    ]
  )
  func odd(_ name: String) throws {
    let names = names(name)
    #expect(names.serviceAccount == name)
    #expect(ObjectSyntax.isServiceName(names.objects), "\(names.objects)")
    #expect(ObjectSyntax.isLabelValue(ObjectLabels.value(for: name)))
    #expect(ObjectLabels.value(for: name).utf8.count <= 63)
    #expect(names == self.names(name))
    let digits = try #require(names.objects.split(separator: "-").last)
    #expect(digits.count == 8 && digits.allSatisfy(\.isHexDigit))
  }

  @Test("as labels are no other Gateway's name, so that no two Services select the same pods")
  func labels() {
    let long = "a.rather.long.name." + String(repeating: "x", count: 60)
    #expect(ObjectLabels.value(for: long).contains("_"))
    #expect(!ObjectSyntax.isSubdomain(ObjectLabels.value(for: long)))
    #expect(ObjectLabels.value(for: "a.b") == "a.b")
  }

  @Test("of Gateways that look alike differ")
  func distinct() {
    #expect(names("a.b").objects != names("a-b").objects)
    #expect(names("a.b").objects != names("a.b.").objects)
  }
}
