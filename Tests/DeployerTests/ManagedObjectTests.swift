import Deployer
import JSON
import KubernetesAPI
import KubernetesClient
import Testing

@Suite("A managed object")
struct ManagedObjectTests {
  @Test("differs from another by its document")
  func equality() {
    let resource = APIResource(group: "apps", version: "v1", plural: "deployments", kind: "Deployment")
    let id = NamespacedName(namespace: "shop", name: "web")
    let object = ManagedObject(resource, id, document: .object([]))
    #expect(object == ManagedObject(resource, id, document: .object([])))
    #expect(object != ManagedObject(resource, id, document: .null))
  }
}
