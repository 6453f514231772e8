/// What an expression can speak of in Envoy 1.40: attributes of a request and what brought it, and functions.
///
/// The names are those of Envoy's documentation of attributes; each attribute was seen with its value in the log of a
/// real Envoy, but those of failed connections and `filter_state`, which need what a test bed has not.
enum ExpressionNames {
  /// The fields of a name at the beginning; nil where any field may be.
  static let attributes: [String: Set<String>?] = [
    "request": [
      "path", "url_path", "host", "scheme", "method", "headers", "referer", "useragent", "time", "id", "protocol",
      "query", "duration", "size", "total_size", "headers_bytes",
    ],
    "response": [
      "code", "code_details", "flags", "grpc_status", "headers", "trailers", "size", "total_size", "headers_bytes",
      "backend_latency",
    ],
    "connection": certificateFields.union([
      "id", "mtls", "requested_server_name", "termination_details", "transport_failure_reason",
    ]),
    "upstream": certificateFields.union([
      "address", "port", "local_address", "locality", "transport_failure_reason", "request_attempt_count",
      "cx_pool_ready_duration", "num_endpoints",
    ]),
    "source": ["address", "port"],
    "destination": ["address", "port"],
    "metadata": ["filter_metadata", "typed_filter_metadata"],
    "filter_state": nil as Set<String>?,
    "upstream_filter_state": nil as Set<String>?,
    "xds": [
      "node", "cluster_name", "cluster_metadata", "route_name", "route_metadata", "virtual_host_name",
      "virtual_host_metadata", "upstream_host_metadata", "upstream_host_locality_metadata", "filter_chain_name",
      "listener_metadata", "listener_direction",
    ],
  ]

  private static let certificateFields: Set<String> = [
    "tls_version", "subject_local_certificate", "subject_peer_certificate", "uri_san_local_certificate",
    "uri_san_peer_certificate", "dns_san_local_certificate", "dns_san_peer_certificate",
    "sha256_peer_certificate_digest", "peer_certificate",
  ]

  /// Attributes whose values are headers by name.
  static let headerMaps: Set<String> = ["request.headers", "response.headers", "response.trailers"]

  /// What `type()` gives, to compare with.
  static let types: Set<String> = [
    "bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint",
  ]

  /// Names with which those of types and of an enumeration's values begin.
  static let packages: Set<String> = ["google"]

  /// Names with which those of messages begin.
  static let messagePackages: Set<String> = ["envoy", "google", "xds"]

  /// How many arguments a function takes, as `f(a)` and as `a.f()` (the `a` not counted); nil where it is not so called.
  struct Function {
    var arguments: Int?
    var methodArguments: ClosedRange<Int>?

    /// `size()` or `re.capture(_, _)` or `_.contains(_)`.
    func usage(_ name: String) -> String {
      func list(_ count: Int) -> String { "(" + Array(repeating: "...", count: count).joined(separator: ", ") + ")" }
      if let methodArguments { return "VALUE.\(name)\(list(methodArguments.upperBound == 0 ? 0 : 1))" }
      return "\(name)\(list(arguments ?? 0))"
    }
  }

  static let functions: [String: Function] = {
    var functions: [String: Function] = [:]
    for name in ["bool", "bytes", "double", "duration", "dyn", "int", "timestamp", "type", "uint"] {
      functions[name] = Function(arguments: 1)
    }
    functions["size"] = Function(arguments: 1, methodArguments: 0...0)
    for name in ["contains", "endsWith", "matches", "startsWith"] {
      functions[name] = Function(arguments: 2, methodArguments: 1...1)
    }
    for name in [
      "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours", "getMilliseconds",
      "getMinutes", "getMonth", "getSeconds",
    ] {
      functions[name] = Function(methodArguments: 0...1)
    }
    functions["re.capture"] = Function(arguments: 2)
    functions["re.captureN"] = Function(arguments: 2)
    functions["re.extract"] = Function(arguments: 3)
    return functions
  }()

  /// What other languages call the functions.
  static let otherNames = [
    "beginsWith": "startsWith", "hasPrefix": "startsWith", "hasSuffix": "endsWith", "includes": "contains",
    "len": "size", "length": "size", "match": "matches",
  ]

  /// Functions of the language that Envoy has switched off, with what to do instead.
  static func advice(forMissing function: String) -> String? {
    switch function {
    case "string":
      "is switched off in Envoy; leave it out: every value is printed as text, and compares with one of its own kind"
    case "all", "exists", "exists_one", "existsOne", "filter", "map":
      "loops over a list, which is switched off in Envoy; to look for a value use in, as in 'x' in request.headers"
    case "charAt", "format", "indexOf", "join", "lastIndexOf", "lowerAscii", "quote", "replace", "reverse", "split",
      "substring", "trim", "upperAscii":
      "is switched off in Envoy; of texts there are contains, endsWith, matches, size, startsWith and re.extract"
    default: nil
    }
  }
}

/// What is wrong with names, in words.
extension ExpressionFault {
  static func unknownName(_ name: String, at offset: Int) -> ExpressionFault {
    let what = "unknown name \(name)"
    let known = ExpressionNames.attributes.keys.sorted()
    let words = known + ExpressionNames.types.union(["true", "false", "null"]).sorted()
    let owners = known.filter { ExpressionNames.attributes[$0]??.contains(name) == true }
    if owners.count == 1 { return ExpressionFault(offset, what, "; did you mean \(owners[0]).\(name)?") }
    if name == "node" { return ExpressionFault(offset, what, "; did you mean xds.node?") }
    if let nearest = nearestName(to: name.lowercased(), among: words) {
      return ExpressionFault(offset, what, "; did you mean \(nearest)?")
    }
    return ExpressionFault(
      offset, what, "; known: \(known.joined(separator: ", ")) (a text stands between quotes: '\(name)')")
  }

  static func unknownField(_ field: String, of name: String, known: Set<String>, at offset: Int) -> ExpressionFault {
    let what = "unknown attribute \(name).\(field)"
    if let nearest = nearestName(to: field.lowercased(), among: known) ?? known.first(where: { isTheSame($0, field) }) {
      return ExpressionFault(offset, what, "; did you mean \(name).\(nearest)?")
    }
    return ExpressionFault(offset, what, "; \(name) has \(known.sorted().joined(separator: ", "))")
  }

  static func unknownFunction(_ name: String, isMethod: Bool, at offset: Int) -> ExpressionFault {
    let last = name.split(separator: ".").last.map(String.init) ?? name
    if let advice = ExpressionNames.advice(forMissing: last) {
      return ExpressionFault(offset, "\(last)()", " \(advice)")
    }
    let what = "unknown function \(name)()"
    let names = ExpressionNames.functions.keys.sorted()
    let nearest = ExpressionNames.otherNames[last] ?? nearestName(to: name, among: names)
    if let nearest = nearest ?? nearestName(to: last, among: names) {
      return ExpressionFault(offset, what, "; did you mean \(nearest)?")
    }
    let known = ExpressionNames.functions.filter { isMethod == ($0.value.methodArguments != nil) }.keys.sorted()
    return ExpressionFault(offset, what, "; known: \(known.joined(separator: ", "))")
  }

  static func unclosed(_ opening: String, at offset: Int) -> ExpressionFault {
    ExpressionFault(
      offset, "the \(opening)",
      " is not closed" + (opening == "(" ? " (in %CEL(...)% the first )% ends the operator)" : ""))
  }

  /// `user_agent` for `useragent`.
  private static func isTheSame(_ known: String, _ written: String) -> Bool {
    func letters(_ name: String) -> String { String(name.lowercased().filter(\.isLetter)) }
    return letters(known) == letters(written)
  }
}
