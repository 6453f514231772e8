import PrometheusMetrics
import Testing

@testable import AdminServer

@Suite("What a scraper wants to get")
struct AcceptHeaderTests {
  private static let protobuf =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

  /// What is sent, and whether it is answered with protobuf where there is protobuf.
  private static let cases: [(String, Bool)] = [
    ("", false), ("*/*", false), ("text/plain", false), ("application/json", false), (protobuf, true),
    // Prometheus 2.42 with native histograms, and without.
    (
      protobuf
        + ",application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true
    ),
    (
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", false
    ),
    // Prometheus 3 with native histograms.
    (
      protobuf + ";q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1", true
    ),
    // The weights say it, not the order.
    ("text/plain;version=0.0.4;q=0.5, " + protobuf + ";q=0.4", false),
    ("text/plain;q=0.3," + protobuf + ";q=0.4", true),
    ("text/plain;q=0," + protobuf + ";q=0.1", true), (protobuf + ";q=0", false), (protobuf + ",text/plain", false),
    ("*/*;q=0.9," + protobuf + ";q=0.8", false), ("application/*;q=0.9,text/*;q=0.1", true),
    // Another encoding, another message, or not said which.
    ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", false),
    ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=compact-text", false),
    ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily", false),
    ("application/vnd.google.protobuf;proto=other.Message;encoding=delimited", false),
    ("application/vnd.google.protobuf", false),
    // As it may be written.
    ("Application/VND.google.Protobuf ; PROTO=\"io.prometheus.client.MetricFamily\" ;\tencoding = delimited", true),
    (protobuf + ";escaping=underscores", true), ("text/html;a=\"x,y;q=1\";q=0.1," + protobuf + ";q=0.2", true),
    // What cannot be read says nothing.
    (protobuf + ";q=2", false), (protobuf + ";q=x", false), (protobuf + ";", true), (",;/,=,\"", false),
    ("*/plain," + protobuf, true), ("nonsense," + protobuf, true),
  ]

  @Test("protobuf is for those who prefer it, and have said all of its type", arguments: cases)
  func preference(header: String, isProtobuf: Bool) {
    let accepted = AcceptHeader(header.isEmpty ? [] : [header])
    #expect(accepted.preferred(among: [.text, .protobuf]) == (isProtobuf ? .protobuf : .text))
    #expect(accepted.preferred(among: [.text]) == .text)
  }

  @Test("several fields are one list")
  func severalFields() {
    #expect(AcceptHeader(["text/plain;q=0.2", Self.protobuf]).preferred(among: [.text, .protobuf]) == .protobuf)
  }
}
