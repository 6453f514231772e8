import Testing
import Translator

@Suite("Host with port")
struct HostPortTests {
  @Test(
    "a host with a port is read and written alike",
    arguments: ["otel-collector.telemetry:4317", "10.0.0.1:1", "[::1]:65535", "localhost:80"])
  func roundTrips(_ text: String) {
    #expect(HostPort(text)?.description == text)
  }

  @Test(
    "anything else is refused",
    arguments: [
      "", ":", "host", "host:", ":80", "host:0", "host:65536", "host:+80", "host:8o", "::1:80", "http://host:80",
      "host:80/path", "[]:80", "a b:80", "host:99999999999999999999",
    ])
  func refuses(_ text: String) {
    #expect(HostPort(text) == nil)
  }

  @Test("the brackets of an IPv6 address are not part of the host")
  func removesBrackets() {
    #expect(HostPort("[fd00::1]:4317") == HostPort(host: "fd00::1", port: 4317))
  }
}
