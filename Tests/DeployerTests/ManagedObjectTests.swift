import Deployer
import JSON
import KubernetesAPI
import Testing

@Suite("A managed object")
struct ManagedObjectTests {
  @Test("differs from another by its document")
  func equality() {
    let id = NamespacedName(namespace: "shop", name: "web")
    let object = ManagedObject(.deployment, id, document: .object([]))
    #expect(object == ManagedObject(.deployment, id, document: .object([])))
    #expect(object != ManagedObject(.deployment, id, document: .null))
  }
}
