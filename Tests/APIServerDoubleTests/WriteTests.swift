import APIServerDouble
import Testing

@Suite("Writes to the double")
struct WriteTests {
  @Test("only a change of the specification moves the generation")
  func generation() async throws {
    try await withDouble { double, client in
      let created = try await double.put(Samples.gateway("g"))
      #expect(created[["metadata", "generation"]] == 1)
      let labelled = try await patch(client, #"{"metadata":{"labels":{"a":"b"}}}"#)
      #expect(labelled[["metadata", "generation"]] == 1)
      let status = try await patch(client, #"{"status":{"addresses":[]}}"#, subresource: "/status")
      #expect(status[["metadata", "generation"]] == 1)
      let changed = try await patch(client, #"{"spec":{"gatewayClassName":"other"}}"#)
      #expect(changed[["metadata", "generation"]] == 2)
    }
  }

  @Test("a write that changes nothing moves no resourceVersion and wakes no watch")
  func noChange() async throws {
    try await withDouble { double, client in
      try await double.put(Samples.gateway("g"))
      let revision = await double.revision
      _ = try await patch(client, #"{"spec":{"gatewayClassName":"kgateway"}}"#)
      #expect(await double.revision == revision)
    }
  }

  @Test("the main endpoint does not write the status")
  func statusIsApart() async throws {
    try await withDouble { double, client in
      try await double.put(Samples.gateway("g"))
      let patched = try await patch(client, #"{"status":{"conditions":[]},"metadata":{"labels":{"a":"b"}}}"#)
      #expect(patched[["status", "conditions"]]?.arrayValue?.count == 2)
    }
  }

  @Test("an update for another incarnation of the object is refused")
  func uidPrecondition() async throws {
    try await withDouble { double, client in
      var gateway = try await double.put(Samples.gateway("g"))
      gateway[["metadata", "uid"]] = "another"
      let answer = try await client.send("PUT", "\(Samples.gateways)/g", json: gateway.jsonText)
      #expect(answer.status == 409)
      #expect(answer.body.contains("Precondition failed: UID in precondition: another"))
    }
  }

  @Test("a custom resource is not replaced blindly")
  func unconditionalUpdate() async throws {
    try await withDouble { double, client in
      try await double.put(Samples.gateway("g"))
      let answer = try await client.send("PUT", "\(Samples.gateways)/g", json: Samples.gateway("g").jsonText)
      #expect(answer.status == 422)
      #expect(answer.body.contains("metadata.resourceVersion: Invalid value: 0: must be specified for an update"))
    }
  }

  @Test("a missing and a wrong value are told with all their fields")
  func invalid() async throws {
    try await withDouble { _, client in
      let gateway: JSONValue = [
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": ["name": "g"],
        "spec": [
          "listeners": [
            ["name": "http", "port": "80", "protocol": "HTTP", "allowedRoutes": ["namespaces": ["from": "Some"]]]
          ]
        ],
      ]
      let answer = try await client.send("POST", Samples.gateways, json: gateway.jsonText)
      #expect(answer.status == 422)
      let causes = JSONValue(json: answer.body)?[["details", "causes"]]?.arrayValue ?? []
      #expect(
        Set(causes.compactMap { $0["field"]?.stringValue }) == [
          "spec.gatewayClassName", "spec.listeners[0].port", "spec.listeners[0].allowedRoutes.namespaces.from",
        ])
    }
  }

  @Test("an apply without a field manager is refused")
  func applyWithoutManager() async throws {
    try await withDouble { _, client in
      let answer = try await apply(client, Samples.gateway("g"), "")
      #expect(answer.status == 422)
      #expect(answer.body.contains("fieldManager: Required value"))
    }
  }

  @Test("two managers that apply the same value share the field")
  func sharedField() async throws {
    try await withDouble { _, client in
      _ = try await apply(client, Samples.gateway("g"), "fieldManager=one")
      let shared = try await apply(client, Samples.gateway("g"), "fieldManager=two")
      #expect(shared.status == 200)
      // What one gives up stays, because two still sets it.
      let less: JSONValue = [
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": ["name": "g"],
        "spec": ["gatewayClassName": "kgateway"],
      ]
      let answer = try await apply(client, less, "fieldManager=one")
      let listeners = JSONValue(json: answer.body)?[["spec", "listeners"]]?.arrayValue
      #expect(listeners?.count == 1)
    }
  }

  @Test("an element of a keyed list that its only manager leaves out is removed")
  func removedElement() async throws {
    try await withDouble { _, client in
      var gateway = Samples.gateway("g")
      let http: JSONValue = ["name": "http", "port": 80, "protocol": "HTTP"]
      gateway[["spec", "listeners"]] = [http, ["name": "admin", "port": 81, "protocol": "HTTP"]]
      _ = try await apply(client, gateway, "fieldManager=one")
      gateway[["spec", "listeners"]] = [http]
      let answer = try await apply(client, gateway, "fieldManager=one")
      let names = JSONValue(json: answer.body)?[["spec", "listeners"]]?.arrayValue?.map { $0["name"] }
      #expect(names == ["http"])
    }
  }

  @Test("an object with a finalizer goes when the finalizer does")
  func finalizer() async throws {
    try await withDouble { double, client in
      var gateway = Samples.gateway("g")
      gateway[["metadata", "finalizers"]] = ["example.com/f"]
      try await double.put(gateway)
      #expect(try await client.send("DELETE", "\(Samples.gateways)/g").status == 200)
      let waiting = try await client.send("GET", "\(Samples.gateways)/g")
      #expect(JSONValue(json: waiting.body)?[["metadata", "deletionTimestamp"]] != nil)
      _ = try await patch(client, #"{"metadata":{"finalizers":[]}}"#)
      #expect(try await client.send("GET", "\(Samples.gateways)/g").status == 404)
    }
  }

  @Test("a collection is deleted by its selector")
  func deleteCollection() async throws {
    try await withDouble { double, client in
      try await double.put(Samples.gateway("a", labels: ["team": "x"]))
      try await double.put(Samples.gateway("b"))
      let answer = try await client.send("DELETE", "\(Samples.gateways)?labelSelector=team%3Dx")
      #expect(answer.status == 200)
      let left = try await client.send("GET", Samples.gateways)
      let names = JSONValue(json: left.body)?["items"]?.arrayValue?.map { $0[["metadata", "name"]] }
      #expect(names == ["b"])
    }
  }

  @Test("an HTTPRoute gets the defaults of its schema")
  func routeDefaults() async throws {
    try await withDouble { double, _ in
      let route = try await double.put([
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": ["name": "r"],
        "spec": ["parentRefs": [["name": "g"]], "rules": [["backendRefs": [["name": "s", "port": 80]]]]],
      ])
      let rule = route[["spec", "rules"]]?.arrayValue?.first
      #expect(rule?["matches"] == [["path": ["type": "PathPrefix", "value": "/"]]])
      #expect(
        rule?["backendRefs"] == [["group": "", "kind": "Service", "name": "s", "port": 80, "weight": 1]])
      #expect(
        route[["spec", "parentRefs"]] == [["group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g"]])
    }
  }

  private func patch(
    _ client: RawHTTPClient, _ body: String, subresource: String = ""
  ) async throws -> JSONValue {
    let answer = try await client.send(
      "PATCH", "\(Samples.gateways)/g\(subresource)", json: body, type: "application/merge-patch+json")
    try #require(answer.status == 200, "\(answer.body)")
    return try #require(JSONValue(json: answer.body))
  }

  private func apply(
    _ client: RawHTTPClient, _ object: JSONValue, _ query: String
  ) async throws -> RawHTTPClient.Answer {
    try await client.send(
      "PATCH", "\(Samples.gateways)/g?\(query)", json: object.jsonText, type: "application/apply-patch+yaml")
  }
}
