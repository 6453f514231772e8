import JSON
import KubernetesAPI
import Testing

@Suite("Secrets")
struct SecretTests {
  private static let stored = """
    {"kind":"Secret","apiVersion":"v1","metadata":{"name":"xds","namespace":"demo","uid":"u","resourceVersion":"278",\
    "creationTimestamp":"2026-11-23T09:02:01Z","labels":{"app":"x"},"annotations":{"a":"b"}},\
    "data":{"tls.key":"c2VjcmV0","empty":""},"type":"kubernetes.io/tls"}
    """

  private func read(_ text: String) throws -> Secret {
    var reader = JSONReader(Array(text.utf8))
    let secret = try Secret(from: &reader)
    try reader.readEnd()
    return secret
  }

  @Test("a Secret is read as the API server writes it")
  func reads() throws {
    let secret = try read(Self.stored)
    #expect(secret.metadata.id == NamespacedName(namespace: "demo", name: "xds"))
    #expect(secret.metadata.resourceVersion == "278")
    #expect(secret.metadata.labels == ["app": "x"])
    #expect(secret.type == Secret.tlsType)
    #expect(secret.data == ["tls.key": Array("secret".utf8), "empty": []])
  }

  @Test("a replacement keeps what is not read here")
  func replaces() throws {
    var secret = try read(Self.stored)
    secret.data["tls.crt"] = Array("public".utf8)
    secret.data["empty"] = nil
    let text = String(decoding: secret.json, as: UTF8.self)
    #expect(text.contains(#""resourceVersion":"278""#) && text.contains(#""annotations":{"a":"b"}"#), "\(text)")
    #expect(text.contains(#""data":{"tls.crt":"cHVibGlj","tls.key":"c2VjcmV0"}"#), "\(text)")
    #expect(try read(text) == secret)
  }

  @Test("a new one is written with its labels, and without a resource version")
  func new() {
    let secret = Secret(
      metadata: ObjectMeta(namespace: "demo", name: "xds", labels: ["a": "b"]), data: ["k": Array("v".utf8)])
    #expect(
      String(decoding: secret.json, as: UTF8.self) == """
        {"apiVersion":"v1","kind":"Secret","metadata":{"name":"xds","namespace":"demo","labels":{"a":"b"}},\
        "type":"kubernetes.io/tls","data":{"k":"dg=="}}
        """)
  }

  @Test("one without data or type is opaque and empty")
  func empty() throws {
    let secret = try read(#"{"metadata":{"name":"a"},"data":null}"#)
    #expect(secret.data.isEmpty)
    #expect(secret.type == "Opaque")
  }

  @Test("its data is in no description")
  func description() throws {
    let secret = try read(Self.stored)
    var dumped = ""
    dump([secret], to: &dumped)
    for text in ["\(secret)", String(reflecting: [secret]), dumped] {
      #expect(text.contains("Secret demo/xds"))
      #expect(!text.contains("secret") && !text.contains("c2Vj") && !text.contains("115"), "\(text)")
    }
  }

  @Test(
    "what is no Secret is told with its place, and without the text",
    arguments: [
      "{}", #"{"metadata":{"name":"a"},"data":{"k":"not base64!"}}"#, "[1]",
    ])
  func faulty(text: String) {
    let error = #expect(throws: JSONError.self) { try read(text) }
    #expect(error.map { "\($0)" }?.contains("not base64!") == false)
  }
}
