import JSON
import RealComponents
import Testing

@testable import Translator

/// Holds the list of operators and their rules to the real Envoy.
@Suite("Format strings and the real Envoy")
struct FormatStringEnvoyTests {
  @Test("Envoy takes every operator of the list, as the list says it is written")
  func everyOperatorExists() async throws {
    let written = FormatOperator.all.map { name, rule in
      switch rule.argument {
      case .none: "%\(name)%"
      case .optional(let kind), .required(let kind): "%\(name)(\(kind.example))\(rule.allowsLength ? ":5" : "")%"
      }
    }
    #expect(try await EnvoyVerdicts.refused(written + FormatStringCases.good).isEmpty)
  }

  @Test("Envoy refuses what the rules refuse")
  func refusals() async throws {
    let faulty = FormatStringCases.bad.filter { !$0.isStricterThanEnvoy }.map(\.text)
    let misused = FormatOperator.all.compactMap { name, rule -> String? in
      switch rule.argument {
      case .none: "%\(name)(x)%"
      case .required: "%\(name)%"
      case .optional: rule.allowsLength ? nil : "%\(name):5%"
      }
    }
    let all = Set(faulty + misused)
    #expect(try await EnvoyVerdicts.refused(Array(all)).symmetricDifference(all).isEmpty)
  }

  @Test("where the rules are stricter than Envoy, it is on purpose")
  func stricterRules() async throws {
    let stricter = FormatStringCases.bad.filter(\.isStricterThanEnvoy).map(\.text)
    #expect(try await EnvoyVerdicts.refused(stricter).isEmpty)
  }
}

/// What an Envoy says of format strings: each is given to it in a listener of its own, all in one file.
private enum EnvoyVerdicts {
  private static let manager =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"

  /// Those that Envoy does not take.
  static func refused(_ formats: [String]) async throws -> Set<String> {
    let envoy = try RealComponent.envoy.path()
    return try await withTemporaryFolder { folder in
      // The last one is refused always: once Envoy has said so, it has been through the file.
      let listeners = (formats + ["%THE_END%"]).enumerated().map { listener($0.offset, format: $0.element) }
      let file = try folder.write(text(["resources": .array(listeners)]), to: "listeners.json")
      let bootstrap = try folder.write(
        text([
          "node": object(["id": .string("test"), "cluster": .string("test")]),
          "dynamic_resources": object([
            "lds_config": object(["path_config_source": object(["path": .string(file)])])
          ]),
        ]), to: "bootstrap.json")
      let arguments = ["-c", bootstrap, "--use-dynamic-base-id", "--concurrency", "1", "-l", "warn"]
      return try await withProcess(envoy, arguments) { process in
        try await process.errorOutput.line("Envoy has read the listeners", within: .seconds(60)) {
          $0.contains("listener '\(formats.count)' config rejected")
        }
        let lines = process.errorOutput.lines
        return Set(
          formats.enumerated().filter { index, _ in
            lines.contains { $0.contains("listener '\(index)' config rejected") }
          }.map(\.element))
      }
    }
  }

  private static func listener(_ index: Int, format: String) -> JSONValue {
    let log = object([
      "@type": .string("type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"),
      "path": .string("/dev/null"),
      "log_format": object(["json_format": object(["key": .string(format)])]),
    ])
    let router = object(["@type": .string("type.googleapis.com/envoy.extensions.filters.http.router.v3.Router")])
    let config = object([
      "@type": .string(manager), "stat_prefix": .string("test"), "route_config": object([:]),
      "access_log": .array([object(["name": .string("file"), "typed_config": log])]),
      "http_filters": .array([object(["name": .string("router"), "typed_config": router])]),
    ])
    let filter = object(["name": .string("http"), "typed_config": config])
    return object([
      "@type": .string("type.googleapis.com/envoy.config.listener.v3.Listener"), "name": .string("\(index)"),
      "bind_to_port": .bool(false),
      "address": object([
        "socket_address": object(["address": .string("127.0.0.1"), "port_value": .integer(Int64(index + 1))])
      ]),
      "filter_chains": .array([object(["filters": .array([filter])])]),
    ])
  }

  private static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    .object(members.map { JSONMember(key: $0.key, value: $0.value) })
  }

  private static func text(_ members: KeyValuePairs<String, JSONValue>) -> String {
    var writer = JSONWriter()
    writer.value(object(members))
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
