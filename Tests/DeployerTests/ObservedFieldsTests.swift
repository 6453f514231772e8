import JSON
import Testing

@testable import Deployer

@Suite("The fields of an object that is there")
struct ObservedFieldsTests {
  private static func value(_ json: String) throws -> JSONValue {
    var reader = JSONReader(Array(json.utf8))
    return try reader.readValue()
  }

  private static let deployment = """
    {"apiVersion": "apps/v1", "kind": "Deployment",
     "metadata": {"name": "web", "resourceVersion": "7", "labels": {"app": "web", "team": "a"}, "managedFields": [
       {"manager": "kgateway", "operation": "Apply", "fieldsV1": {"f:spec": {"f:template": {"f:spec": {"f:containers":
         {"k:{\\"name\\":\\"envoy\\"}": {".": {}, "f:name": {}, "f:resources": {"f:limits": {"f:cpu": {}}}}}}}}}},
       {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]},
     "spec": {"replicas": 3, "template": {"spec": {"dnsPolicy": "ClusterFirst", "tolerations": [{"key": "a"}],
       "containers": [
         {"name": "sidecar", "image": "s"},
         {"name": "envoy", "image": "e:1", "imagePullPolicy": "IfNotPresent",
          "resources": {"limits": {"cpu": "1"}}, "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
          "ports": [{"containerPort": 9091, "protocol": "TCP", "name": "metrics"}]}]}}},
     "status": {"replicas": 3}}
    """

  @Test(
    "hold what a document asks for, whatever else there is",
    arguments: [
      (#"{"metadata": {"labels": {"app": "web"}}}"#, true),
      (#"{"metadata": {"labels": {"app": "shop"}}}"#, false),
      (#"{"metadata": {"annotations": {"a": "b"}}}"#, false),
      (#"{"spec": {"replicas": 3}}"#, true),
      (#"{"spec": {"replicas": 2}}"#, false),
      (#"{"spec": {"template": {"spec": {"containers": [{"name": "envoy", "image": "e:1"}]}}}}"#, true),
      (#"{"spec": {"template": {"spec": {"containers": [{"name": "envoy", "image": "e:2"}]}}}}"#, false),
      (#"{"spec": {"template": {"spec": {"containers": [{"name": "other", "image": "e:1"}]}}}}"#, false),
      (
        #"{"spec": {"template": {"spec": {"containers": [{"name": "envoy", "env": [{"name": "B", "value": "2"}]}]}}}}"#,
        true
      ),
      (
        #"{"spec": {"template": {"spec": {"containers": [{"name": "envoy", "ports": [{"containerPort": 9091}]}]}}}}"#,
        true
      ),
      (#"{"spec": {"template": {"spec": {"tolerations": [{"key": "a"}]}}}}"#, true),
      (#"{"spec": {"template": {"spec": {"tolerations": [{"key": "a"}, {"key": "b"}]}}}}"#, false),
      (#"{"spec": {"template": {"spec": {"tolerations": []}}}}"#, false),
    ])
  func contain(document: String, isThere: Bool) throws {
    let fields = ObservedFields(try Self.value(Self.deployment), manager: "kgateway")
    #expect(fields.contain(try Self.value(document)) == isThere)
  }

  @Test("a field that is still as it was applied is there, though the API server writes its value in another way")
  func normalised() throws {
    let document = try Self.value(
      #"{"spec": {"template": {"spec": {"containers": [{"name": "envoy", "resources": {"limits": {"cpu": "1000m"}}}]}}}}"#
    )
    #expect(ObservedFields(try Self.value(Self.deployment), manager: "kgateway").contain(document))
    #expect(!ObservedFields(try Self.value(Self.deployment), manager: "other").contain(document))
  }

  @Test("are the same when only status and versions move")
  func same() throws {
    let before = ObservedFields(try Self.value(Self.deployment), manager: "kgateway")
    let text = Self.deployment.replacing(#""resourceVersion": "7""#, with: #""resourceVersion": "8""#)
      .replacing(#""status": {"replicas": 3}"#, with: #""status": {"replicas": 2}"#)
    #expect(ObservedFields(try Self.value(text), manager: "kgateway") == before)
    let other = Self.deployment.replacing("e:1", with: "e:2")
    #expect(ObservedFields(try Self.value(other), manager: "kgateway") != before)
  }
}
