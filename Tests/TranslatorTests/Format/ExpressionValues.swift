import JSON
import RealComponents

/// What expressions come to in a real Envoy.
enum ExpressionValues {
  /// Logs one request, which goes on to a backend, and gives what the log says of each expression; nil for no value.
  static func logged(_ expressions: [String]) async throws -> [String: String?] {
    let envoy = try RealComponent.envoy.path()
    let ports = try LoopbackPorts.free(2)
    return try await withTemporaryFolder { folder in
      let file = try folder.write(bootstrap(expressions, port: ports[0], backend: ports[1]), to: "envoy.json")
      let arguments = [
        "-c", file, "--use-dynamic-base-id", "--concurrency", "1", "-l", "warn", "--file-flush-interval-msec", "20",
      ]
      return try await withProcess(envoy, arguments) { process in
        try await eventually("Envoy answers", within: .seconds(20)) {
          (try? LoopbackHTTP.headers(port: ports[0], [("referer", "a"), ("user-agent", "b"), ("x", "c")])) != nil
        }
        let line = try await process.output.line("the request is logged", within: .seconds(10)) { $0.hasPrefix("{") }
        var reader = JSONReader(Array(line.utf8))
        guard case .object(let members) = try reader.readValue() else { return [:] }
        return Dictionary(members.map { ($0.key, text($0.value)) }) { first, _ in first }
      }
    }
  }

  private static func text(_ value: JSONValue) -> String? {
    switch value {
    case .null: return nil
    case .string(let text): return text
    default: return "\(value)"
    }
  }

  private static func bootstrap(_ expressions: [String], port: Int, backend: Int) -> String {
    let format = JSONValue.object(expressions.map { JSONMember(key: $0, value: .string("%CEL(\($0))%")) })
    var writer = JSONWriter()
    writer.value(format)
    let formatText = String(decoding: writer.bytes, as: UTF8.self)
    func listener(_ port: Int, _ action: String, _ log: String) -> String {
      """
      {"name": "\(port)", "traffic_direction": "INBOUND",
       "address": {"socket_address": {"address": "127.0.0.1", "port_value": \(port)}},
       "filter_chains": [{"filters": [{"name": "http", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "test", "access_log": [\(log)],
        "http_filters": [{"name": "router", "typed_config": {
         "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"],
         "routes": [{"name": "route", "match": {"prefix": "/"}, \(action)}]}]}}}]}]}
      """
    }
    let log = """
      {"name": "log", "typed_config": {
       "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
       "path": "/dev/stdout", "log_format": {"json_format": \(formatText)}}}
      """
    let answer = """
      "direct_response": {"status": 200}, "response_headers_to_add": [{"header": {"key": "grpc-status", "value": "5"}}]
      """
    return """
      {"node": {"id": "test", "cluster": "test"}, "static_resources": {
       "listeners": [
        \(listener(port, #""route": {"cluster": "backend"}"#, log)),
        \(listener(backend, answer, ""))],
       "clusters": [{"name": "backend", "type": "STATIC", "load_assignment": {"cluster_name": "backend",
        "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"socket_address": {
         "address": "127.0.0.1", "port_value": \(backend)}}}}]}]}}]}}
      """
  }
}
