import NIOHTTP1
import NIOPosix
import RealComponents
import ScriptedADSClient
import Testing

extension EndToEnd {
  /// Two listeners of one Gateway, and a second Gateway: what an edit of the policy of one listener does to the rest.
  @Suite("an edit of one listener's policy")
  struct PolicyEdits {
    private static let gateway = "kgateway-system/agentgateway-proxy"

    /// - Parameter edited: the port of the listener whose policy is edited.
    private static func manifests(_ ports: GatewayPorts, edited: Int, otherGateway: Int) throws -> [String: String] {
      var files = try Examples.routing(ports)
      files["gateway.yaml"] =
        (files["gateway.yaml"] ?? "") + """
            - name: edited
              protocol: HTTP
              port: \(edited)
          ---
          apiVersion: gateway.networking.k8s.io/v1
          kind: Gateway
          metadata:
            name: other
            namespace: kgateway-system
          spec:
            gatewayClassName: agentgateway
            listeners:
            - name: http
              protocol: HTTP
              port: \(otherGateway)

          """
      files["whole.yaml"] = policy("whole", "  - name: agentgateway-proxy\n  - name: other", mark: "whole")
      files["edited.yaml"] = editedPolicy(mark: "before")
      return files
    }

    private static func editedPolicy(mark: String) -> String {
      policy("edited", "  - name: agentgateway-proxy\n    sectionName: edited", mark: mark)
    }

    private static func policy(_ name: String, _ targets: String, mark: String) -> String {
      """
      apiVersion: gateway.kgateway.dev/v1alpha1
      kind: HTTPListenerPolicy
      metadata:
        name: \(name)
        namespace: kgateway-system
      spec:
        targetRefs:
      \(targets)
        accessLog:
        - fileSink:
            path: /dev/stdout
            jsonFormat:
              mark: \(mark)
              path: "%REQ(:PATH)%"

      """
    }

    /// The names of the listeners among all that a new stream gets, of which the routes come last.
    private static func firstListeners(on stream: ADSClientStream) async throws -> [String] {
      var listeners: [String] = []
      while true {
        let response = try await stream.next()
        if response.typeURL == ADSTypeURL.listener { listeners = response.names }
        if response.typeURL == ADSTypeURL.route { return listeners }
      }
    }

    @Test("sends that listener to the proxies of its Gateway, and nothing else to anybody")
    func pushes() async throws {
      let free = try LoopbackPorts.free(2)
      try await StandaloneHarness.run(.controlPlane) {
        try Self.manifests($0, edited: free[0], otherGateway: free[1])
      } _: { standalone in
        try await ScriptedADSClient.with(port: standalone.xdsPort, on: MultiThreadedEventLoopGroup.singleton) {
          client in
          let own = try await client.open(.delta, cluster: Self.gateway)
          let other = try await client.open(.delta, cluster: "kgateway-system/other", node: "other")
          own.followEverything()
          other.followEverything()
          let listeners = ["listener~\(free[0])", "listener~\(standalone.ports.gateway)"].sorted()
          #expect(try await Self.firstListeners(on: own) == listeners)
          #expect(try await Self.firstListeners(on: other) == ["listener~\(free[1])"])
          let translations = #"kgateway_translation_count{status="success"}"#
          let before = try #require(try await standalone.metric(translations))

          for edit in 1...3 {
            try standalone.manifests.write(Self.editedPolicy(mark: "edit-\(edit)"), to: "edited.yaml")
            let response = try await own.next()
            #expect(response.typeURL == ADSTypeURL.listener)
            #expect(response.names == ["listener~\(free[0])"] && response.removed.isEmpty)
          }
          #expect(try await standalone.metric(translations) == before + 3)
          // What is for both comes next, so nothing else was on its way before.
          try standalone.manifests.write(
            Self.policy("whole", "  - name: agentgateway-proxy\n  - name: other", mark: "end"), to: "whole.yaml")
          #expect(try await own.next().names == listeners)
          #expect(try await other.next().names == ["listener~\(free[1])"])
        }
      }
    }

    @Test("leaves the connections through the other listener alone, idle ones and those with a request under way")
    func connections() async throws {
      let free = try LoopbackPorts.free(2)
      try await StandaloneHarness.run {
        try Self.manifests($0, edited: free[0], otherGateway: free[1])
      } _: { standalone in
        try await standalone.eventually("the edited listener answers") {
          try await HTTPConnection.get(port: free[0]).status == 200
        }
        try await HTTPConnection.with(port: standalone.ports.gateway) { idle in
          #expect(try await idle.get("/first").status == 200)
          async let slow = HTTPConnection.get(port: standalone.ports.gateway, "/delay/1500")

          for edit in 1...3 {
            try standalone.manifests.write(Self.editedPolicy(mark: "edit-\(edit)"), to: "edited.yaml")
            try await standalone.eventually("edit \(edit) is in effect") {
              _ = try await HTTPConnection.get(port: free[0], "/edited")
              return standalone.process.output.text.contains("\"mark\":\"edit-\(edit)\"")
            }
            let answer = try await idle.get("/later")
            #expect(answer.status == 200 && answer.headers.first(name: "connection") == nil)
          }
          let answer = try await slow
          #expect(answer.status == 200 && answer.headers.first(name: "connection") == nil)
        }
      }
    }
  }
}
