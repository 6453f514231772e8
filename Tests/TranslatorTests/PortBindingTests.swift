import EnvoyAPI
import KubernetesAPI
import Testing
import Translator

@Suite("The ports that proxies bind")
struct PortBindingTests {
  private func translation(_ ports: [Int], _ binding: PortBinding = .unprivileged) -> Translation {
    var inputs = Fixtures.inputs(listeners: ports.map { Gateway.Listener(name: "p\($0)", port: $0) })
    inputs.settings.portBinding = binding
    return Translator.translate(inputs)
  }

  private func bound(_ translation: Translation) -> [String: UInt32] {
    Dictionary(
      uniqueKeysWithValues: translation.configuration.listeners.map {
        ($0.name, $0.address.socketAddress.portValue)
      })
  }

  @Test("below 1024 are 10,000 higher, and the listener keeps its name")
  func unprivileged() {
    #expect(
      bound(translation([80, 443, 1023, 1024, 8080]))
        == [
          "listener~80": 10_080, "listener~443": 10_443, "listener~1023": 11_023, "listener~1024": 1024,
          "listener~8080": 8080,
        ])
  }

  @Test("are the listeners' own where the proxy has the machine for itself")
  func direct() {
    #expect(bound(translation([80, 9091], .direct)) == ["listener~80": 80, "listener~9091": 9091])
  }

  @Test("that the proxy needs itself are refused", arguments: [9091, 9094, 19_000])
  func reserved(_ port: Int) throws {
    let translation = translation([80, port])
    #expect(bound(translation) == ["listener~80": 10_080])
    let accepted = try #require(translation.report.condition("Accepted", ofListener: "p\(port)"))
    #expect(accepted.status == .no)
    #expect(accepted.reason == "PortUnavailable")
    #expect(translation.report.problems.map(\.path) == ["spec.listeners[1].port"])
  }

  @Test("that a lower port needs are refused, and free where there is none such")
  func taken() throws {
    let translation = translation([10_080, 80])
    #expect(bound(translation) == ["listener~80": 10_080])
    #expect(
      translation.report.problems.map(\.message) == [
        "the proxy listens on port 10080 for port 80, which it must not bind itself; use another one for one of the two"
      ])
    #expect(bound(self.translation([10_080])) == ["listener~10080": 10_080])
  }

  @Test("are served ports for the Service in front")
  func served() {
    let inputs = Fixtures.inputs(listeners: [
      Gateway.Listener(name: "b", port: 8080), Gateway.Listener(name: "a", port: 80),
      Gateway.Listener(name: "c", hostname: "c.example.com", port: 80),
      Gateway.Listener(name: "d", port: 9091),
    ])
    #expect(
      ServedPort.all(of: inputs.gateway, binding: .unprivileged).map { [$0.port, $0.bound] }
        == [[80, 10_080], [8080, 8080]])
  }
}
