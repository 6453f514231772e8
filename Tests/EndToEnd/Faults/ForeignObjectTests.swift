import APIServerDouble
import FoundationEssentials
import RealComponents
import Testing

extension EndToEnd {
  /// A cluster that is full of what is none of this operator's business.
  @Suite("kgateway run: objects of others", .timeLimit(.minutes(10)))
  struct ForeignObjects {
    /// `KGATEWAY_FOREIGN_OBJECTS=50000` sets how many.
    private static let count =
      ProcessInfo.processInfo.environment["KGATEWAY_FOREIGN_OBJECTS"].flatMap(Int.init) ?? 2_000

    /// What an object of another controller may add to the resident memory, in bytes: what is kept of it in the store, its
    /// entry in the indexes and its version in the watch's state machine. It is kept because a route can name it tomorrow.
    /// Of few objects more, since the memory in which they arrive counts as well: some 1,600 bytes each where there are many.
    private static let bytesOfObject = count < 20_000 ? 4_000.0 : 1_700

    @Test("they cause no translation and no write, and cost what is kept of them")
    func cost() async throws {
      try await KubernetesCluster.withRunning { cluster in
        try await cluster.put(Objects.application(listenerPort: 8080, backendPort: 9))
        try await cluster.put([Objects.gatewayClass("other", controllerName: "example.com/other")])
        try await KubernetesOperator.withReady(cluster, ["--no-deployer"]) { kgateway in
          try await eventually("all is written that has to be", within: .seconds(30)) {
            let (route, gateway) = (await cluster.route("demo"), await cluster.gateway())
            return route?.ownConditions["Accepted"] != nil && gateway?.conditions["Accepted"] != nil
          }
          let before = try await Cost(of: kgateway)
          try await put(in: cluster)
          try await eventually("all are known", within: .seconds(300), every: .milliseconds(200)) {
            try await kgateway.adminPage("/objects").count >= Self.count
          }
          let after = try await Cost(of: kgateway)
          #expect(after.translations == before.translations)
          #expect(after.writes == before.writes)
          let bytes = (after.memory.bytes - before.memory.bytes) / Double(Self.count)
          print(
            "\(Self.count) foreign objects: \(before.memory) before, \(after.memory) after, \(Int(bytes)) bytes each")
          #expect(Sanitizer.isOn || bytes < Self.bytesOfObject)
        }
        try await KubernetesOperator.withReady(cluster, ["--no-deployer"]) { kgateway in
          let cold = try await Cost(of: kgateway)
          print("\(Self.count) foreign objects: \(cold.memory) after a start with them")
          #expect(cold.translations == 1)
        }
      }
    }

    private struct Cost {
      let memory: ResidentMemory
      let translations: Double
      let writes: Double

      init(of kgateway: KubernetesOperator) async throws {
        memory = try await ResidentMemory(of: kgateway)
        translations = try await kgateway.metric("kgateway_translation_count")
        writes = try await kgateway.statusWrites
      }
    }

    /// As in a cluster of another gateway controller: for each Gateway a route, a Service, and two EndpointSlices of five
    /// endpoints.
    private func put(in cluster: KubernetesCluster) async throws {
      for number in 0..<Self.count / 5 {
        let name = "foreign-\(number)"
        var slice = Objects.endpoints(of: name, port: 9)
        slice["endpoints"] = .array(
          (1...5).map { ["addresses": [.string("10.0.\(number % 250).\($0)")], "conditions": ["ready": true]] })
        var second = slice
        second[["metadata", "name"]] = .string("\(name)-2")
        try await cluster.put([
          Objects.gateway(name, port: 8080, className: "other"), Objects.route(name, to: name, gateway: name),
          Objects.service(name), slice, second,
        ])
      }
    }
  }
}
