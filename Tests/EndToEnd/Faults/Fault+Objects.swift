import APIServerDouble
import RealComponents
import Testing

extension Fault {
  static let ofObjects = [
    Fault(
      "an object cannot be read: it is named and counted, and keeps its last state; all others go on",
      { bed in
        let before = try await bed.kgateway.metric("kgateway_kubernetes_undecodable_objects_total")
        // A port that is a word, for a new Service and for one in use.
        for name in ["unreadable", "shifting"] { try await bed.apiServer.putUnchecked(bed.world.unreadable(name)) }
        try await eventually("both are counted", within: .seconds(10)) {
          try await bed.kgateway.metric("kgateway_kubernetes_undecodable_objects_total", ["kind": "Service"])
            == before + 2
        }
      },
      evidence: { bed in
        for name in ["unreadable", "shifting"] {
          #expect(!bed.kgateway.logLines("Service \(Objects.namespace)/\(name) cannot be read").isEmpty)
        }
        try await bed.world.expectSecond(within: .seconds(30))
        try await bed.waitForTheSame(
          except: ["unreadable", "shifting"].reduce(into: []) { $0.insert("Service \(Objects.namespace)/\($1)") },
          within: .seconds(30))
      },
      end: { bed in
        try await bed.cluster.put([Objects.service("unreadable"), Objects.service("shifting")])
      }, tidy: { try await $0.world.delete("services", "", "unreadable") }),
    Fault(
      "objects of 1.5 MiB come as events and in lists",
      { bed in
        try await bed.cluster.put((0..<3).map { bed.world.service("large-\($0)", weight: 1_500_000) })
        try await bed.waitForTheSame(within: .seconds(30))
        await loseHistory(bed)
      }, reasons: ["expired"], evidence: { try await $0.waitForTheSame(within: .seconds(30)) },
      end: { bed in
        for number in 0..<3 { try await bed.world.delete("services", "", "large-\(number)") }
      }),
    Fault(
      "the policies' CustomResourceDefinitions are removed, and installed again",
      { await $0.apiServer.uninstall(group: Objects.policyGroup) },
      change: { bed in
        try await bed.cluster.put(bed.world.second.filter { $0["kind"]?.stringValue != "HTTPListenerPolicy" })
        try await bed.world.delete("httproutes", Objects.gatewayGroup, "doomed")
      }, reasons: ["absent"],
      evidence: { bed in
        try await bed.world.expectSecond(within: .seconds(30), hasPolicies: false)
        try await bed.waitForTheSame(within: .seconds(30))
      },
      end: { bed in
        await bed.apiServer.install(group: Objects.policyGroup)
        try await bed.cluster.put(bed.world.standing.suffix(1))
        try await bed.cluster.put(bed.world.second)
      }),
  ]
}
