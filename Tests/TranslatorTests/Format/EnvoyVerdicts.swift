import JSON
import RealComponents

/// What an Envoy says of access logs: each is given to it in a listener of its own, all in one file.
enum EnvoyVerdicts {
  private static let manager =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"

  /// Why Envoy does not take some of them, by their places.
  ///
  /// - Parameter runtime: what Envoy is told of its limits.
  static func refusals(
    of logs: [JSONValue], runtime: KeyValuePairs<String, JSONValue> = [:]
  ) async throws -> [Int: String] {
    let envoy = try RealComponent.envoy.path()
    return try await withTemporaryFolder { folder in
      // The last one is refused always: once Envoy has said so, it has been through the file.
      let listeners = (logs + [fileLog(format: .string("%THE_END%"))]).enumerated().map(listener)
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
    let parts = line.split(separator: "listener '", maxSplits: 1).last?.split(
      separator: "' config rejected: ", maxSplits: 1)
    guard let parts, parts.count == 2, let place = Int(parts[0]) else { return nil }
    return (place, String(parts[1]))
  }

  /// A log to nowhere.
  static func fileLog(format: JSONValue? = nil, filter: JSONValue? = nil) -> JSONValue {
    var config = [
      JSONMember(
        key: "@type", value: .string("type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog")),
      JSONMember(key: "path", value: .string("/dev/null")),
    ]
    if let format {
      config.append(
        JSONMember(key: "log_format", value: object(["json_format": object(["key": format])])))
    }
    var log = [
      JSONMember(key: "name", value: .string("file")), JSONMember(key: "typed_config", value: .object(config)),
    ]
    if let filter { log.append(JSONMember(key: "filter", value: filter)) }
    return .object(log)
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

  private static func text(_ members: KeyValuePairs<String, JSONValue>) -> String {
    var writer = JSONWriter()
    writer.value(object(members))
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
