import JSON
import KubernetesAPI
import Testing

@Suite("Leases")
struct LeaseTests {
  private static let stored = """
    {"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"leader","namespace":"demo","uid":"u",\
    "resourceVersion":"278","creationTimestamp":"2026-11-23T09:02:01Z","annotations":{"a":"b"},"managedFields":[{}]},\
    "spec":{"holderIdentity":"pod-a","leaseDurationSeconds":15,"acquireTime":"2026-11-23T09:00:00.000000Z",\
    "renewTime":"2026-11-23T09:00:02.000000Z","leaseTransitions":2,"strategy":"OldestEmulationVersion"}}
    """

  private func read(_ text: String) throws -> Lease {
    var reader = JSONReader(Array(text.utf8))
    let lease = try Lease(from: &reader)
    try reader.readEnd()
    return lease
  }

  @Test("a Lease is read as the API server writes it")
  func reads() throws {
    let lease = try read(Self.stored)
    #expect(lease.metadata.id == NamespacedName(namespace: "demo", name: "leader"))
    #expect(lease.metadata.resourceVersion == "278")
    #expect(lease.holderIdentity == "pod-a")
    #expect(lease.durationSeconds == 15)
    #expect(lease.acquireTime == "2026-11-23T09:00:00.000000Z")
    #expect(lease.renewTime == "2026-11-23T09:00:02.000000Z")
    #expect(lease.transitions == 2)
  }

  @Test("a replacement keeps what is not read here")
  func replaces() throws {
    var lease = try read(Self.stored)
    lease.holderIdentity = ""
    lease.durationSeconds = 1
    let text = String(decoding: lease.json, as: UTF8.self)
    #expect(text.contains(#""annotations":{"a":"b"},"managedFields":[{}]"#), "\(text)")
    #expect(text.contains(#""strategy":"OldestEmulationVersion""#), "\(text)")
    #expect(text.contains(#""holderIdentity":"","leaseDurationSeconds":1"#), "\(text)")
    #expect(try read(text) == lease)
  }

  @Test("the holder's address is an annotation, which is written, replaced and taken away beside the others")
  func address() throws {
    var lease = try read(Self.stored)
    #expect(lease.address == nil)
    lease.address = "10.0.0.1:9977"
    let text = String(decoding: lease.json, as: UTF8.self)
    #expect(
      text.contains(#""annotations":{"a":"b","gateway.kgateway.dev/xds-address":"10.0.0.1:9977"}"#), "\(text)")
    #expect(text.contains(#""resourceVersion":"278""#) && text.contains(#""managedFields":[{}]"#), "\(text)")
    var again = try read(text)
    #expect(again.address == "10.0.0.1:9977")
    #expect(String(decoding: again.json, as: UTF8.self) == text)
    again.address = nil
    #expect(String(decoding: again.json, as: UTF8.self).contains(#""annotations":{"a":"b"}"#))
    let new = Lease(metadata: ObjectMeta(namespace: "demo", name: "leader"), address: "[::1]:9977")
    #expect(try read(String(decoding: new.json, as: UTF8.self)).address == "[::1]:9977")
  }

  @Test("a Lease without a spec is nobody's, and a new one is written without a resource version")
  func empty() throws {
    let lease = try read(#"{"metadata":{"name":"leader","namespace":"demo"},"spec":null}"#)
    #expect(lease.holderIdentity.isEmpty)
    #expect(lease.durationSeconds == nil)
    let new = Lease(metadata: ObjectMeta(namespace: "demo", name: "leader"), holderIdentity: "a", durationSeconds: 15)
    #expect(
      String(decoding: new.json, as: UTF8.self) == """
        {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"leader","namespace":"demo"},\
        "spec":{"holderIdentity":"a","leaseDurationSeconds":15,"leaseTransitions":0}}
        """)
  }

  @Test(
    "what is no Lease is told with its place",
    arguments: [
      "{}", #"{"metadata":{"name":"a"},"spec":{"leaseDurationSeconds":"x"}}"#, "[1]",
    ])
  func faulty(text: String) {
    #expect(throws: JSONError.self) { try read(text) }
  }
}
