import JSON
import RealComponents

/// What an Envoy says of access logs: each is given to it in a listener of its own, all in one file.
enum EnvoyVerdicts {
  private static let manager =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"

  /// The format strings that Envoy does not take.
  static func refused(_ formats: [String]) async throws -> Set<String> {
    try await refused(formats, in: formats.map { fileLog($0) })
  }

  /// The expressions that Envoy does not take as filters of a log.
  static func refused(expressions: [String]) async throws -> Set<String> {
    let logs = expressions.map { expression in
      fileLog(
        "x",
        filter: object([
          "extension_filter": object([
            "name": .string("cel"),
            "typed_config": object([
              "@type": .string("type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"),
              "expression": .string(expression),
            ]),
          ])
        ]))
    }
    return try await refused(expressions, in: logs)
  }

  private static func refused(_ texts: [String], in logs: [JSONValue]) async throws -> Set<String> {
    Set(try await refusals(of: logs).keys.map { texts[$0] })
  }

  /// Why Envoy does not take some of the logs, by their places.
  ///
  /// - Parameter runtime: what Envoy is told of its limits.
  static func refusals(
    of logs: [JSONValue], runtime: KeyValuePairs<String, JSONValue> = [:]
  ) async throws -> [Int: String] {
    let envoy = try RealComponent.envoy.path()
    return try await withTemporaryFolder { folder in
      // The last one is refused always: once Envoy has said so, it has been through the file.
      let listeners = (logs + [fileLog("%THE_END%")]).enumerated().map { listener($0.offset, log: $0.element) }
      let file = try folder.write(text(["resources": .array(listeners)]), to: "listeners.json")
      let bootstrap = try folder.write(
        text([
          "node": object(["id": .string("test"), "cluster": .string("test")]),
          "layered_runtime": object([
            "layers": .array([object(["name": .string("test"), "static_layer": object(runtime)])])
          ]),
          "dynamic_resources": object([
            "lds_config": object(["path_config_source": object(["path": .string(file)])])
          ]),
        ]), to: "bootstrap.json")
      let arguments = ["-c", bootstrap, "--use-dynamic-base-id", "--concurrency", "1", "-l", "warn"]
      return try await withProcess(envoy, arguments) { process in
        try await process.errorOutput.line("Envoy has read the listeners", within: .seconds(60)) {
          $0.contains("listener '\(logs.count)' config rejected")
        }
        let refusals = process.errorOutput.lines.compactMap(refusal).filter { $0.0 < logs.count }
        return Dictionary(refusals) { first, _ in first }
      }
    }
  }

  private static func refusal(in line: String) -> (Int, String)? {
    let parts = line.split(separator: "'", maxSplits: 2)
    guard parts.count == 3, parts[0].hasSuffix("listener "), parts[2].hasPrefix(" config rejected"),
      let place = Int(parts[1])
    else { return nil }
    return (place, String(parts[2]))
  }

  /// A log to nowhere.
  static func fileLog(_ format: String, filter: JSONValue? = nil) -> JSONValue {
    let log = object([
      "@type": .string("type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"),
      "path": .string("/dev/null"),
      "log_format": object(["json_format": object(["key": .string(format)])]),
    ])
    guard let filter else { return object(["name": .string("file"), "typed_config": log]) }
    return object(["name": .string("file"), "typed_config": log, "filter": filter])
  }

  private static func listener(_ index: Int, log: JSONValue) -> JSONValue {
    let router = object(["@type": .string("type.googleapis.com/envoy.extensions.filters.http.router.v3.Router")])
    let config = object([
      "@type": .string(manager), "stat_prefix": .string("test"), "route_config": object([:]),
      "access_log": .array([log]),
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

  static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    .object(members.map { JSONMember(key: $0.key, value: $0.value) })
  }

  static func text(_ members: KeyValuePairs<String, JSONValue>) -> String {
    var writer = JSONWriter()
    writer.value(object(members))
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
