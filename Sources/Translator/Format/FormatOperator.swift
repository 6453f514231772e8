/// What Envoy 1.40 knows of one operator: the arguments it takes, and whether its value can be cut to a length.
///
/// `all` is the whole list. The names are those of Envoy's documentation and of its binary; every rule was tried on the
/// real Envoy (`FormatStringEnvoyTests` tries them again).
struct FormatOperator: Sendable {
  enum Presence: Sendable {
    case none
    case optional(FormatArgument)
    case required(FormatArgument)
  }

  let argument: Presence
  let allowsLength: Bool

  static let all: [String: FormatOperator] = {
    var all: [String: FormatOperator] = [:]
    func add(_ names: String, _ argument: Presence, length: Bool = false) {
      for name in names.split(whereSeparator: \.isWhitespace) {
        all[String(name)] = FormatOperator(argument: argument, allowsLength: length)
      }
    }
    add(plainNames, .none)
    add(
      "REQ REQUEST_HEADER RESP RESPONSE_HEADER TRAILER RESPONSE_TRAILER STREAM_INFO_REQ", .required(.header),
      length: true)
    add(timeNames, .optional(.timeFormat))
    add(maskableAddressNames, .optional(.prefixLength))
    add("DYNAMIC_METADATA", .required(.text("NAMESPACE:KEY")), length: true)
    add("CLUSTER_METADATA UPSTREAM_METADATA", .required(.text("NAMESPACE:KEY")))
    add("METADATA", .required(.metadata), length: true)
    add("FILTER_STATE UPSTREAM_FILTER_STATE", .required(.filterState), length: true)
    add("COMMON_DURATION", .required(.duration))
    add("ENVIRONMENT", .required(.text("VARIABLE")), length: true)
    add("QUERY_PARAM", .required(.text("PARAMETER")), length: true)
    add("QUERY_PARAMS", .optional(.choices([["ORIG", "DECODED"]])), length: true)
    add("PATH", .optional(.choices([["WQ", "NQ"], ["ORIG", "PATH", "ORIG_OR_PATH"]])), length: true)
    add(
      "REQUESTED_SERVER_NAME",
      .optional(.choices([["SNI_ONLY", "SNI_FIRST", "HOST_FIRST"], ["ORIG", "HOST", "ORIG_OR_HOST"]])))
    add("GRPC_STATUS", .optional(.choices([["CAMEL_STRING", "SNAKE_STRING", "NUMBER"]])))
    add("RESPONSE_CODE_DETAILS", .optional(.choices([["ALLOW_WHITESPACES"]])))
    add("CEL TYPED_CEL", .required(.expression), length: true)
    add("COALESCE", .required(.coalesce), length: true)
    return all
  }()

  /// Operators of older Envoys, or ones that need an extension which is not configured here, with what to do.
  static let unavailable = [
    "REQ_WITHOUT_QUERY": "use %PATH(NQ)%",
    "FILE_CONTENT": "it needs an extension that this proxy does not load",
    "SECRET": "it needs an extension that this proxy does not load",
  ]

  private static let plainNames = """
    ACCESS_LOG_TYPE BYTES_RECEIVED BYTES_RETRANSMITTED BYTES_SENT CONNECTION_ID CONNECTION_TERMINATION_DETAILS
    CUSTOM_FLAGS DOWNSTREAM_CX_RTT DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED
    DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT DOWNSTREAM_DETECTED_CLOSE_TYPE DOWNSTREAM_DIRECT_LOCAL_ADDRESS
    DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID DOWNSTREAM_DIRECT_LOCAL_PORT DOWNSTREAM_DIRECT_REMOTE_ADDRESS
    DOWNSTREAM_DIRECT_REMOTE_PORT DOWNSTREAM_HANDSHAKE_DURATION DOWNSTREAM_HEADER_BYTES_RECEIVED
    DOWNSTREAM_HEADER_BYTES_SENT DOWNSTREAM_LOCAL_ADDRESS DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID
    DOWNSTREAM_LOCAL_CLOSE_REASON DOWNSTREAM_LOCAL_DNS_SAN DOWNSTREAM_LOCAL_EMAIL_SAN DOWNSTREAM_LOCAL_IP_SAN
    DOWNSTREAM_LOCAL_OTHERNAME_SAN DOWNSTREAM_LOCAL_PORT DOWNSTREAM_LOCAL_SUBJECT DOWNSTREAM_LOCAL_URI_SAN
    DOWNSTREAM_PEER_CERT DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1 DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256
    DOWNSTREAM_PEER_CHAIN_SERIALS DOWNSTREAM_PEER_DNS_SAN DOWNSTREAM_PEER_EMAIL_SAN DOWNSTREAM_PEER_FINGERPRINT_1
    DOWNSTREAM_PEER_FINGERPRINT_256 DOWNSTREAM_PEER_IP_SAN DOWNSTREAM_PEER_ISSUER
    DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256 DOWNSTREAM_PEER_ISSUER_SERIAL DOWNSTREAM_PEER_OTHERNAME_SAN
    DOWNSTREAM_PEER_SERIAL DOWNSTREAM_PEER_SUBJECT DOWNSTREAM_PEER_URI_SAN DOWNSTREAM_REMOTE_ADDRESS
    DOWNSTREAM_REMOTE_PORT DOWNSTREAM_TLS_CIPHER DOWNSTREAM_TLS_GROUP DOWNSTREAM_TLS_SESSION_ID
    DOWNSTREAM_TLS_VERSION DOWNSTREAM_TRANSPORT_FAILURE_REASON DOWNSTREAM_WIRE_BYTES_RECEIVED
    DOWNSTREAM_WIRE_BYTES_SENT DURATION FILTER_CHAIN_NAME GRPC_STATUS_NUMBER HOSTNAME LISTENER_NAME
    LOCAL_REPLY_BODY PACKETS_RETRANSMITTED PROTOCOL REQUEST_DURATION REQUEST_HEADERS_BYTES REQUEST_TX_DURATION
    RESPONSE_CODE RESPONSE_DURATION RESPONSE_FLAGS RESPONSE_FLAGS_LONG RESPONSE_HEADERS_BYTES
    RESPONSE_TRAILERS_BYTES RESPONSE_TX_DURATION ROUNDTRIP_DURATION ROUTE_NAME ROUTE_RESOLUTION_COUNT
    ROUTE_RESOLUTION_TIME_US SPAN_ID STREAM_ID TLS_JA3_FINGERPRINT TLS_JA4_FINGERPRINT TRACE_ID UNIQUE_ID
    UPSTREAM_CLUSTER UPSTREAM_CLUSTER_RAW UPSTREAM_CONNECTION_ID UPSTREAM_CONNECTION_IDS_ATTEMPTED
    UPSTREAM_CONNECTION_POOL_READY_DURATION UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED
    UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT UPSTREAM_DETECTED_CLOSE_TYPE UPSTREAM_HEADER_BYTES_RECEIVED
    UPSTREAM_HEADER_BYTES_SENT UPSTREAM_HOST UPSTREAM_HOSTS_ATTEMPTED UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT
    UPSTREAM_HOST_NAME UPSTREAM_HOST_NAMES_ATTEMPTED UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT
    UPSTREAM_HOST_NAME_WITHOUT_PORT UPSTREAM_LOCAL_ADDRESS UPSTREAM_LOCAL_CLOSE_REASON UPSTREAM_LOCAL_DNS_SAN
    UPSTREAM_LOCAL_IP_SAN UPSTREAM_LOCAL_PORT UPSTREAM_LOCAL_URI_SAN UPSTREAM_PEER_CERT UPSTREAM_PEER_DNS_SAN
    UPSTREAM_PEER_IP_SAN UPSTREAM_PEER_ISSUER UPSTREAM_PEER_SUBJECT UPSTREAM_PEER_URI_SAN UPSTREAM_PROTOCOL
    UPSTREAM_REMOTE_ADDRESS UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID UPSTREAM_REMOTE_PORT UPSTREAM_REQUEST_ATTEMPT_COUNT
    UPSTREAM_SERVER_NAME UPSTREAM_TLS_CIPHER UPSTREAM_TLS_GROUP UPSTREAM_TLS_SESSION_ID UPSTREAM_TLS_VERSION
    UPSTREAM_TRANSPORT_FAILURE_REASON UPSTREAM_WIRE_BYTES_RECEIVED UPSTREAM_WIRE_BYTES_SENT VIRTUAL_CLUSTER_NAME
    """

  private static let timeNames = """
    START_TIME START_TIME_LOCAL EMIT_TIME EMIT_TIME_LOCAL DOWNSTREAM_PEER_CERT_V_START DOWNSTREAM_PEER_CERT_V_END
    UPSTREAM_PEER_CERT_V_START UPSTREAM_PEER_CERT_V_END
    """

  private static let maskableAddressNames = """
    DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT
    DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT
    UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT
    """
}

/// What is wrong with one operator; the place is put in by whoever knows it.
struct OperatorFault: Error {
  /// Gets the operator's name and its place (`at position 3`).
  let message: @Sendable (_ name: String, _ place: String) -> String

  /// A fault of the argument: `operator %GRPC_STATUS% at position 3: number is none of ...`.
  static func argument(_ text: String) -> OperatorFault {
    OperatorFault { "operator %\($0)% \($1): \(text)" }
  }
}

extension FormatOperator {
  /// Checks that an operator exists, and that it is given what it takes.
  static func check(_ operation: FormatString.Operation) throws(OperatorFault) {
    guard let rule = all[operation.name] else { throw unknown(operation.name) }
    switch (rule.argument, operation.argument) {
    case (.none, .some):
      throw OperatorFault { "operator %\($0)% \($1) takes no argument; write %\($0)%" }
    case (.required(let kind), nil):
      throw OperatorFault { "operator %\($0)% \($1) needs an argument, as in %\($0)(\(kind.example))%" }
    case (.required(let kind), .some(let argument)), (.optional(let kind), .some(let argument)):
      try kind.check(argument)
    case (.none, nil), (.optional, nil):
      break
    }
    if let length = operation.length, !rule.allowsLength {
      throw OperatorFault { "operator %\($0)% \($1) takes no length; leave out the :\(length)" }
    }
  }

  private static func unknown(_ name: String) -> OperatorFault {
    if let advice = unavailable[name] {
      return OperatorFault { "operator %\($0)% \($1) is not available: \(advice)" }
    }
    if let nearest = nearestName(to: name.uppercased(), among: all.keys) {
      return OperatorFault { "unknown operator %\($0)% \($1); did you mean %\(nearest)%?" }
    }
    return OperatorFault { "unknown operator %\($0)% \($1); Envoy 1.40 has none of that name or nearly so" }
  }
}
