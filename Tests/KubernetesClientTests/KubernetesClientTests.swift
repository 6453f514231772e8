import JSON
import KubernetesAPI
import KubernetesClient
import Synchronization
import Testing

@Suite("The client's requests")
struct KubernetesClientTests {
  let note = NamespacedName(namespace: "demo", name: "a")

  @Test("a get decodes the object, and says who is asking")
  func get() async throws {
    let transport = ScriptedTransport([.ok(Note.json("a", at: 7))])
    let client = KubernetesClient(requests: transport, streams: transport, authorization: .token("secret"))
    let object = try await client.get(Note.resource, note) { reader throws(JSONError) in try Note(from: &reader) }
    #expect(object.metadata.resourceVersion == "7")
    let request = transport.requests[0]
    #expect(request.method == .get)
    #expect(request.target == "/apis/tests.example/v1/namespaces/demo/notes/a")
    #expect(request.headers.contains(HTTPRequest.Field("Authorization", "Bearer secret")))
  }

  @Test("a server-side apply names its manager, and goes to the object or to its status")
  func apply() async throws {
    let transport = ScriptedTransport([.ok("{}"), .ok("{}")])
    let client = KubernetesClient(requests: transport, streams: transport)
    try await client.apply(Note.resource, note, object: Array("{}".utf8), manager: "kgateway", force: false)
    try await client.applyStatus(Note.resource, note, object: Array("{}".utf8), manager: "kgateway")
    #expect(transport.requests.map(\.method) == [.patch, .patch])
    #expect(
      transport.requests.map(\.target) == [
        "/apis/tests.example/v1/namespaces/demo/notes/a?fieldManager=kgateway&force=false",
        "/apis/tests.example/v1/namespaces/demo/notes/a/status?fieldManager=kgateway&force=true",
      ])
    #expect(
      transport.requests[0].headers.contains(HTTPRequest.Field("Content-Type", "application/apply-patch+yaml")))
  }

  @Test("an object is created in its namespace, and deleted by name; the core group has a path of its own")
  func createAndDelete() async throws {
    let transport = ScriptedTransport([.ok("{}"), .ok("{}")])
    let client = KubernetesClient(requests: transport, streams: transport)
    let service = APIResource(.service)
    try await client.create(service, note, object: Array("{}".utf8))
    try await client.delete(service, note)
    #expect(transport.requests.map(\.method) == [.post, .delete])
    #expect(
      transport.requests.map(\.target) == [
        "/api/v1/namespaces/demo/services", "/api/v1/namespaces/demo/services/a",
      ])
  }

  @Test("what stands in a name or a query cannot leave its place")
  func encoding() {
    let id = NamespacedName(namespace: "a/b", name: "../c?d#e")
    #expect(Note.resource.path(id) == "/apis/tests.example/v1/namespaces/a%2Fb/notes/..%2Fc%3Fd%23e")
    let request = HTTPRequest(.get, path: "/x", query: [HTTPRequest.Field("labelSelector", "a=b,c in (ä)")])
    #expect(request.target == "/x?labelSelector=a%3Db%2Cc%20in%20%28%C3%A4%29")
  }

  @Test("a refusal is an error with the server's reason and the request's name")
  func refusal() async throws {
    let transport = ScriptedTransport([.status(409, "Conflict")])
    let client = KubernetesClient(requests: transport, streams: transport)
    let error = await #expect(throws: KubernetesError.self) {
      try await client.apply(Note.resource, note, object: [], manager: "m")
    }
    #expect(error?.description == "PATCH /apis/tests.example/v1/namespaces/demo/notes/a: 409 Conflict: no")
  }

  @Test("a server that asks for a little time gets it, and is asked again; not for ever")
  func retries() async throws {
    let busy = ScriptedTransport.Answer.status(429, "TooManyRequests", headers: ["retry-after": "3"])
    let transport = ScriptedTransport([busy, busy, .ok("{}"), busy, busy, busy, busy])
    let delays = Mutex<[Duration]>([])
    let client = KubernetesClient(
      requests: transport, streams: transport, sleep: { delay in delays.withLock { $0.append(delay) } })
    try await client.delete(Note.resource, note)
    #expect(delays.withLock(\.self) == [.seconds(3), .seconds(3)])
    await #expect(throws: KubernetesError.self) { try await client.delete(Note.resource, note) }
    #expect(transport.requests.count == 7)
  }

  @Test("an answer that is no JSON is an error that says where")
  func malformed() async throws {
    let transport = ScriptedTransport([.ok("<html>")])
    let client = KubernetesClient(requests: transport, streams: transport)
    let error = await #expect(throws: KubernetesError.self) {
      _ = try await client.get(Note.resource, note) { reader throws(JSONError) in try Note(from: &reader) }
    }
    #expect(error?.description.contains("the answer cannot be read") == true)
  }
}
