import JSON

@testable import Translator

/// What mutants are made of: the seeds, the values and members that stand in them at each place, and odd values.
struct MutationMaterial: Sendable {
  let policies: [JSONValue]
  /// By path without indexes: `spec.accessLog[].fileSink.path`.
  private(set) var values: [String: [JSONValue]] = [:]
  private(set) var members: [String: [JSONMember]] = [:]
  private(set) var keys: [String] = []
  private(set) var texts: [String] = []

  init(_ policies: [JSONValue]) {
    self.policies = policies
    for policy in policies { collect(policy, path: "") }
    keys = Array(Set(keys)).sorted()
    texts = Array(Set(texts)).sorted()
  }

  private mutating func collect(_ value: JSONValue, path: String) {
    values[path, default: []].append(value)
    switch value {
    case .array(let elements):
      for element in elements { collect(element, path: path + "[]") }
    case .object(let members):
      self.members[path, default: []] += members
      for member in members {
        keys.append(member.key)
        collect(member.value, path: path.isEmpty ? member.key : "\(path).\(member.key)")
      }
    case .string(let text): texts.append(text)
    case .null, .bool, .integer, .number: break
    }
  }

  static let numbers: [JSONValue] =
    [
      0, 1, -1, 2, 99, 100, 101, 200, 255, 256, 599, 600, 999, 1000, 65_535, 65_536, 1_000_000, 2_147_483_647,
      2_147_483_648, 4_294_967_295, 4_294_967_296, -2_147_483_649, 1 << 53, 1 << 53 + 1, .max, .min,
    ].map { JSONValue.integer($0) }
    + [0.1, 0.5, -0.5, 0.0001, 0.00001, 99.9999, 100.0001, 1.5, 1e15, 1e22, 1e308, 1e-300].map { JSONValue.number($0) }

  static let fragments = [
    "%", "%%", "(", ")", ")%", "%REQ(", ":", "::", " ", "\n", "\r", "\t", "\u{0}", "\u{1F}", "\u{7F}", "\u{FEFF}", "é",
    "👩‍👩‍👧", "\"", "'", "\\", "/", "//", "://", ",", ";", "=", "?", "*", "_", "-", ".", "..", "0", "9", "[", "]", "{", "}",
    "<", ">", "@", "#", "$", "^", "|", "&", "+", "\u{202E}", "\u{10FFFF}",
  ]

  static let oddTexts = [
    "", " ", "-", "%", "x", ":path", ":", "x-y", "X_Y", "a b", "true", "null", "0", "1", "-1", "1.5", "1s", "0s", "-1s",
    "1h30m", "500ms", "1ms", "1us", "1ns", "999999999h", "1d", "s", "1", "1.5s", "PT1S", "http://a", "a:1", "a:0",
    "a:65536", "a.b:80", "[::1]:80", "::1", "::1:80", "127.0.0.1:80", ":80", "a:", "/", "/dev/stdout", "/a b", "//",
    "..",
    "é", "größe:80", "\u{0}", "a\nb", "Gateway", "edge", "apps", "example.com", "*.example.com", "*", "localhost",
    "websocket", "CONNECT", "200", "5xx", "UF", "EQ", "%DURATION%", "%REQ(X)%", "\u{7F}", "a,b", "a=b", "a;b",
    String(repeating: "a", count: 64), String(repeating: "a", count: 254), String(repeating: "x", count: 5000),
  ]

  static let operators = FormatOperator.all.keys.sorted() + ["req", "NOPE", "REQ_WITHOUT_QUERY", "FILE_CONTENT", ""]

  static let arguments = [
    "", "X", "x-request-id", ":PATH", ":path?X", "X?:PATH", "A?B?C", "a b", "é", "%Y-%m-%d", "%s.%3f", "%n", "%E4Y",
    "%",
    "%%", "24", "0", "32", "33", "128", "129", "-1", "x", "ns", "ns:key", "ns:a:b:c", ":", "::", "ROUTE:ns:key",
    "DYNAMIC:ns", "CLUSTER:", "VIRTUAL_HOST:a:b", "key", "key:PLAIN", "key:TYPED", "key:FIELD:name", "key:FIELD",
    ":PLAIN",
    "DS_RX_BEG:DS_TX_END:ms", "US_TX_BEG:US_RX_END", "a:b:ns", "a:b:s", "POD_NAME", "A=B", "ORIG", "DECODED", "NQ",
    "WQ",
    "NQ:PATH", "WQ:ORIG_OR_PATH", "NQ:", ":PATH", "SNI_FIRST:ORIG", "HOST_FIRST", "CAMEL_STRING", "NUMBER",
    "ALLOW_WHITESPACES", "request.path", "response.code >= 400", "request.headers['a']", "size(request.path)",
    "1 + 'a'",
    "true", "[1, 2]", "{'a': 1}", "request.nope", "a(", "a)", ")", "(", "()", "\n", "\"", "\\", "😀",
    #"{"operators": ["PROTOCOL", {"command": "REQ", "param": "x", "max_length": 5}]}"#, #"{"operators": []}"#,
    #"{"operators": ["DURATION", "NOPE"]}"#, "{", #"{"operators": [{"command": "START_TIME", "param": "%s"}]}"#,
    #"{"operators": ["TRACE_ID", {"command": "COALESCE", "param": "{\"operators\": [\"SPAN_ID\"]}"}]}"#,
  ]
}
