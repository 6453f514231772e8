/// Expressions, good and bad. `ExpressionEnvoyTests` gives the same ones to the real Envoy.
enum ExpressionCases {
  struct Faulty: Sendable, CustomStringConvertible {
    let text: String
    let message: String
    /// Whether Envoy takes it all the same; it then never has a value (which is tried too).
    let isStricterThanEnvoy: Bool

    init(_ text: String, _ message: String, stricterThanEnvoy: Bool = false) {
      self.text = text
      self.message = message
      isStricterThanEnvoy = stricterThanEnvoy
    }

    var description: String { text }
  }

  static let good = [
    "true", "null", "request", "request.path", " request . path ", ".request.path", "request.`path`",
    "request.headers['x-request-id']", #"request.headers["x-request-id"]"#, "request.headers.host",
    "request.headers.`x-request-id`", "request['path']", "(request).path", "request.path == '/a'",
    "response.code >= 400", "response.code >= 400 && response.code < 500 || request.path.startsWith('/api')",
    "!connection.mtls", "!!true", "! ! true", "!-1", "-1", "- 1", "--1", "-(-1)", "1--1", "-response.code",
    "1 + 2 * 3 - 4 / 2 % 3", "1 == 1.0", "1 != 2 == true", "1 < 2u", "'a' in request.headers",
    "!('a' in request.headers)",
    "response.code in [200, 204]", "request.method in {'GET': true}", "has(request.headers.host)",
    "has(metadata.filter_metadata['ns'].key)", "has((request.path))", "!has(request.headers.`x-a`)",
    "response.code == 200 ? 'ok' : response.code == 404 ? 'missing' : 'other'", "(true ? false : true) ? 1 : 2",
    "size(request.path)", "request.path.size()", "contains(request.path, 'a')", "request.path.contains('a')",
    "request.path.endsWith('.html')", "request.path.matches('^/api/v[0-9]+/')", #"request.path.matches('\\d+')"#,
    #"request.path.matches(r'\d+')"#, "matches(request.path, request.method)", "int('1')", "uint(1)", "double(1)",
    "bytes('a')", "bool('true')", "dyn(1)", "type(1) == int", "duration('1s')", "timestamp('2026-01-01T00:00:00Z')",
    "request.duration > duration('500ms')", "request.time.getFullYear()", "request.time.getHours('Europe/Berlin')",
    "request.duration.getMilliseconds()", "re.extract(request.path, '^/([a-z]+)', '\\\\1')",
    "re.capture(request.path, '/(.*)')", "re.captureN('ab', '(?P<x>a)')", ".re.capture('a', 'b')",
    "metadata.filter_metadata.ns.key", "metadata.filter_metadata['ns']['key']", "filter_state['x']", "filter_state.x.y",
    "upstream_filter_state['x']", "xds.node.id", "xds.node.metadata.fields['a']", "xds.route_name",
    "xds.cluster_metadata.filter_metadata['ns']['key']", "upstream.locality.region", "upstream.address",
    "connection.requested_server_name", "connection.sha256_peer_certificate_digest", "source.address",
    "destination.port",
    "[]", "[1, 2,]", "[,]", "{}", "{'a': 1, 2: [3],}", "{,}", "[1][0]", "{'a': 1}.a", "{'a': 1}['a']", "'a'.size()",
    "0x1F", "-0x8000000000000000", "007", "1u", "0x1FU", "1.5", ".5", "1e3", "1E-3", "1e400", "9223372036854775807",
    "-9223372036854775808", "18446744073709551615u", #"'\a\b\f\n\r\t\v\\\'\"\`\?'"#, #"'\x41\u00e9\U0001F600\101'"#,
    #"b'\xff\377'"#, #"r'\d'"#, #"R"\d""#, "br'a'", "''", "''''''", "'''a'b'''", "\"\"\"a\"b\nc\"\"\"", "'größe 👩‍👩‍👧'",
    "b'é'", #"r'a\\'"#, #"'''a\'''b'''"#, "request.path // the path", "// the path\nrequest.path", "true\t\n\r &&true",
    "google.protobuf.Duration{seconds: 1, nanos: 2,}", ".google.protobuf.Duration{}",
    "envoy.config.core.v3.Node{id: 'a'}",
    "google.protobuf.NullValue.NULL_VALUE == 0",
    nested(32, "(", "1", ")"), nested(31, "[", "1", "]"), nested(31, "!(", "true", ")"), nested(16, "([", "1", "])"),
    chain(31, "1", " + 1"), chain(300, "true", " && true"), chain(300, "true", " || true"),
    chain(29, "metadata", ".a", "filter_metadata"),
    nested(300, "!", "true", ""), nested(31, "true ? 1 : ", "2", ""),
    "'a'.matches('(?i)[[:alpha:]]+(?:x|y)*?\\\\b{,2}')", "'a'.matches('[]a-c\\\\d-]{2,3}$')", "'a'.matches('')",
    "'a'.matches('[é-ü]é*.{9}')", "'a'.matches('(?i)sky{20}[^é]')", #"'a'.matches('[^\\W]{2}\\777')"#,
    "'a'.matches('(|a)*\\\\Qa+b\\\\E')", "'a'.matches('a{2}?\\\\x{1F600}\\\\07')",
  ]

  static func nested(_ count: Int, _ open: String, _ inner: String, _ close: String) -> String {
    String(repeating: open, count: count) + inner + String(repeating: close, count: count)
  }

  static func chain(_ count: Int, _ first: String, _ link: String, _ second: String? = nil) -> String {
    first + (second.map { "." + $0 } ?? "") + String(repeating: link, count: count)
  }

  /// What passes here, and Envoy refuses: only it knows its messages.
  static let onlyEnvoyKnows = [
    "google.protobuf.Nothing{}", "google.protobuf.Duration{secs: 1}", "envoy.config.core.v3.Nothing{}",
  ]
}
