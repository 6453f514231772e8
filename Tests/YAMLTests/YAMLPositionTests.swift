import JSON
import Testing
import YAML

@Suite("Places in YAML documents")
struct YAMLPositionTests {
  static let policies = """
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata:
      name: access-logging
      labels: {app.kubernetes.io/name: demo, "a b": x}
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        name: agentgateway-proxy
      accessLog:
      - fileSink:
          path: yes
          jsonFormat:
            "é": "%PROTOCOL%"
    ---
    kind: Second
    spec: &s
      samplingRate: "100"
    other:
      <<: *s
      name: 010
    """

  static func documents() throws -> [YAMLDocument] {
    try YAML.documents(in: Array(policies.utf8))
  }

  @Test(
    "a path leads to the line and column of its value and of its key",
    arguments: [
      ("", "1:1", "1:1"), ("kind", "2:7", "2:1"), ("metadata", "4:3", "3:1"), ("metadata.name", "4:9", "4:3"),
      (#"metadata.labels["app.kubernetes.io/name"]"#, "5:36", "5:12"), (#"metadata.labels["a b"]"#, "5:49", "5:42"),
      ("spec.targetRefs[0]", "8:5", "8:5"), ("spec.targetRefs[0].name", "10:11", "10:5"),
      ("spec.accessLog[0].fileSink.path", "13:13", "13:7"),
      ("spec.accessLog[0].fileSink.jsonFormat[\"é\"]", "15:14", "15:9"),
    ])
  func positions(path: String, value: String, key: String) throws {
    let document = try #require(try Self.documents().first)
    #expect(document.position(ofPath: path).description == value)
    #expect(document.position(ofKeyPath: path).description == key)
  }

  @Test(
    "a path that leads nowhere ends at the nearest value around it",
    arguments: [
      ("spec.accessLog[0].fileSink.nope", "13:7"), ("spec.targetRefs[7].name", "8:3"), ("kind.x", "2:7"),
      ("nope", "1:1"), ("spec.targetRefs[0", "8:3"),
    ])
  func ancestors(path: String, position: String) throws {
    let document = try #require(try Self.documents().first)
    #expect(document.position(ofPath: path).description == position)
    #expect(document.text(atPath: path) == nil)
  }

  @Test("the second document's places count from the file's beginning, merged values from where they are written")
  func secondDocument() throws {
    let document = try #require(try Self.documents().last)
    #expect(document.position.description == "17:1")
    #expect(document.position(ofPath: "other.samplingRate").description == "19:17")
    #expect(document.position(ofPath: "other.name").description == "22:9")
  }

  @Test("a value of the wrong kind is answered with the quotes that it needs, or that it has too much")
  func advice() throws {
    let documents = try Self.documents()
    let boolean = JSONError(path: "spec.accessLog[0].fileSink.path", offset: 0, expected: .string, found: .bool)
    #expect(documents[0].advice(for: boolean) == #"quote it: "yes""#)
    #expect(documents[0].text(atPath: boolean.path) == "yes")
    let octal = JSONError(path: "other.name", offset: 0, expected: .string, found: .number)
    #expect(documents[1].advice(for: octal) == #"quote it: "010""#)
    let quoted = JSONError(path: "spec.samplingRate", offset: 0, expected: .number, found: .string)
    #expect(documents[1].advice(for: quoted) == "write it without quotes: 100")
  }

  @Test("where quotes are not the reason there is no advice")
  func noAdvice() throws {
    let document = try #require(try Self.documents().first)
    for error in [
      JSONError(path: "spec", offset: 0, expected: .string, found: .object),
      JSONError(path: "metadata.name", offset: 0, expected: .number, found: .string),
      JSONError(path: "spec.targetRefs[0].name", offset: 0, expected: .array, found: .string),
      JSONError(path: "kind", offset: 0, message: "is not known"),
    ] {
      #expect(document.advice(for: error) == nil)
    }
  }

  @Test("the reader's errors lead to their place in the text")
  func readerErrors() throws {
    let document = try #require(try Self.documents().first)
    var reader = JSONReader(document.json)
    let error = #expect(throws: JSONError.self) {
      try reader.readObject { reader, key throws(JSONError) in
        guard key == "spec" else { return }
        try reader.readObject { reader, key throws(JSONError) in
          guard key == "accessLog" else { return }
          try reader.readArray { reader, _ throws(JSONError) in
            try reader.readObject { reader, _ throws(JSONError) in
              try reader.readObject { reader, key throws(JSONError) in
                if key == "path" { _ = try reader.readString() }
              }
            }
          }
        }
      }
    }
    let found = try #require(error)
    #expect(found.description == "spec.accessLog[0].fileSink.path: expected a string, found a boolean")
    #expect(document.position(ofPath: found.path).description == "13:13")
    #expect(document.advice(for: found) == #"quote it: "yes""#)
  }
}
