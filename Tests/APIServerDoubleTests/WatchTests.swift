import APIServerDouble
import RealComponents
import Testing

@Suite("Watches of the double")
struct WatchTests {
  @Test("a watch gets what is written while it is open")
  func live() async throws {
    try await withDouble { double, client in
      let target = "\(Samples.configMaps)?watch=1&resourceVersion=\(await double.revision)"
      try await client.open("GET", target) { reader in
        try await double.put(Samples.configMap("a", ["k": "1"]))
        #expect(try await nextEvent(&reader) == "ADDED a 1")
        try await double.put(Samples.configMap("a", ["k": "2"]))
        #expect(try await nextEvent(&reader) == "MODIFIED a 2")
        try await double.delete("configmaps", group: "", namespace: "default", name: "a")
        #expect(try await nextEvent(&reader) == "DELETED a 2")
      }
    }
  }

  @Test("a watch without a resourceVersion begins with what is there")
  func fromTheBeginning() async throws {
    try await withDouble { double, client in
      try await double.put(Samples.configMap("b", ["k": "1"]))
      try await double.put(Samples.configMap("a", ["k": "1"]))
      try await client.open("GET", "\(Samples.configMaps)?watch=true") { reader in
        #expect(try await nextEvent(&reader) == "ADDED a 1")
        #expect(try await nextEvent(&reader) == "ADDED b 1")
        try await double.put(Samples.configMap("c", ["k": "1"]))
        #expect(try await nextEvent(&reader) == "ADDED c 1")
      }
    }
  }

  @Test("a watch of one namespace gets nothing of another")
  func namespace() async throws {
    try await withDouble { double, client in
      let target = "\(Samples.configMaps)?watch=1&resourceVersion=\(await double.revision)"
      try await client.open("GET", target) { reader in
        var elsewhere = Samples.configMap("a", [:])
        elsewhere[["metadata", "namespace"]] = "kube-system"
        try await double.put(elsewhere)
        try await double.put(Samples.configMap("b", ["k": "1"]))
        #expect(try await nextEvent(&reader) == "ADDED b 1")
      }
    }
  }

  @Test("a field selector follows one object")
  func fieldSelector() async throws {
    try await withDouble { double, client in
      let target =
        "\(Samples.configMaps)?watch=1&fieldSelector=metadata.name%3Db&resourceVersion=\(await double.revision)"
      try await client.open("GET", target) { reader in
        try await double.put(Samples.configMap("a", ["k": "1"]))
        try await double.put(Samples.configMap("b", ["k": "1"]))
        #expect(try await nextEvent(&reader) == "ADDED b 1")
      }
    }
  }

  @Test("bookmarks come at their interval, with the newest resourceVersion")
  func bookmarks() async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.bookmarkInterval = .milliseconds(50)
    try await withDouble(configuration) { double, client in
      try await double.put(Samples.configMap("a", [:]))
      let revision = await double.revision
      let target = "\(Samples.configMaps)?watch=1&allowWatchBookmarks=true&resourceVersion=\(revision)"
      try await client.open("GET", target) { reader in
        let event = try #require(try await reader.nextLine().flatMap { JSONValue(json: $0) })
        #expect(event["type"] == "BOOKMARK")
        #expect(event[["object", "metadata", "resourceVersion"]] == .string(String(revision)))
      }
    }
  }

  @Test("a watch from before the kept history gets one ERROR event of code 410")
  func expired() async throws {
    try await withDouble { double, client in
      let revision = await double.revision
      try await double.put(Samples.configMap("a", [:]))
      await double.forgetHistory()
      let answer = try await client.send("GET", "\(Samples.configMaps)?watch=1&resourceVersion=\(revision)")
      let event = try #require(JSONValue(json: answer.body))
      #expect(answer.status == 200)
      #expect(event["type"] == "ERROR")
      #expect(event[["object", "code"]] == 410)
      #expect(answer.isComplete)
    }
  }

  @Test("changes beyond the limit are forgotten")
  func historyLimit() async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.historyLimit = 10
    try await withDouble(configuration) { double, client in
      let revision = await double.revision
      for index in 0..<30 { try await double.put(Samples.configMap("a", ["k": .string(String(index))])) }
      let answer = try await client.send("GET", "\(Samples.configMaps)?watch=1&resourceVersion=\(revision)")
      #expect(answer.body.contains("too old resource version: \(revision)"))
    }
  }

  @Test("the built-in kinds are named in watch events, but not in the items of a list")
  func builtInItems() async throws {
    try await withDouble { double, client in
      try await double.put(Samples.configMap("a", ["k": "1"]))
      let list = try #require(JSONValue(json: try await client.send("GET", Samples.configMaps).body))
      #expect(list["kind"] == "ConfigMapList")
      let item = try #require(list["items"]?.arrayValue?.first)
      #expect(item["kind"] == nil)
      #expect(item[["metadata", "name"]] == "a")
    }
  }

  @Test("a client that goes away ends its watch")
  func clientGoes() async throws {
    try await withDouble { double, client in
      try await client.open("GET", "\(Samples.configMaps)?watch=1") { reader in
        try await reader.readHead()
        #expect(await double.watchCount == 1)
      }
      try await eventually("the watch has ended") { await double.watchCount == 0 }
    }
  }
}

/// Objects and paths for tests that need any.
enum Samples {
  static let configMaps = "/api/v1/namespaces/default/configmaps"
  static let gateways = "/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways"

  static func configMap(_ name: String, _ data: JSONValue) -> JSONValue {
    ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)], "data": data]
  }

  static func gateway(_ name: String, port: JSONValue = 80, labels: JSONValue? = nil) -> JSONValue {
    var metadata: JSONValue = ["name": .string(name)]
    metadata["labels"] = labels
    return [
      "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": metadata,
      "spec": [
        "gatewayClassName": "kgateway", "listeners": [["name": "http", "port": port, "protocol": "HTTP"]],
      ],
    ]
  }
}

/// Runs a double, with a client for it.
func withDouble(
  _ configuration: APIServerDouble.Configuration = APIServerDouble.Configuration(),
  _ body: (APIServerDouble, RawHTTPClient) async throws -> Void
) async throws {
  try await APIServerDouble.withRunning(configuration) { double in
    try await body(double, RawHTTPClient(port: await double.port))
  }
}

/// The next event of a watch of ConfigMaps in short: its type, the object's name, and its datum `k`.
private func nextEvent(_ reader: inout AnswerReader) async throws -> String {
  let line = try await reader.nextLine()
  let event = try #require(line.flatMap { JSONValue(json: $0) })
  let parts = [event["type"], event[["object", "metadata", "name"]], event[["object", "data", "k"]]]
  return parts.map { $0?.stringValue ?? "-" }.joined(separator: " ")
}
