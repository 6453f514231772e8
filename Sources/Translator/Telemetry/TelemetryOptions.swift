import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// How calls to a receiver of telemetry are made.
struct TelemetryOptions {
  private(set) var authority: String?
  private var maxReceiveMessageLength: UInt32?
  private var skipEnvoyHeaders: Bool?
  private(set) var timeout: Google_Protobuf_Duration?
  private var initialMetadata: [Envoy_Config_Core_V3_HeaderValue] = []
  private var retryPolicy: Envoy_Config_Core_V3_RetryPolicy?

  /// Envoy's own.
  init() {}

  /// Checks and takes over what a policy says; what is faulty is told and left out.
  init(_ service: HTTPListenerPolicy.TelemetryService, at path: String, _ faults: inout [FieldFault]) {
    if let text = service.authority {
      if text.isEmpty || !FieldCheck.isHeaderValue(text) || text.contains(where: { $0.isWhitespace || $0 == "/" }) {
        faults.add(path + ".authority", "\"\(text)\" is no authority; write a host, as collector.example.com")
      } else if text.utf8.count > 16_384 {
        faults.add(
          path + ".authority", "is longer than the 16 KiB that Envoy takes; write a host, as collector.example.com")
      }
      authority = text
    }
    if let length = service.maxReceiveMessageLength {
      maxReceiveMessageLength = FieldCheck.unsigned(length, at: path + ".maxReceiveMessageLength", &faults)
    }
    skipEnvoyHeaders = service.skipEnvoyHeaders
    if let text = service.timeout {
      timeout = GoDuration.parse(text, at: path + ".timeout", minimum: 1, example: "5s", &faults)
    }
    for (index, header) in service.initialMetadata.enumerated() {
      add(header, at: "\(path).initialMetadata[\(index)]", &faults)
    }
    if let policy = service.retryPolicy { setRetryPolicy(policy, at: path + ".retryPolicy", &faults) }
  }

  /// Values may be credentials, so no fault shows them.
  private mutating func add(
    _ header: HTTPListenerPolicy.HeaderValue, at path: String, _ faults: inout [FieldFault]
  ) {
    guard FieldCheck.header(header.key, at: path + ".key", &faults) != nil else { return }
    let name = header.key.lowercased()
    if name == "host" {
      faults.add(path + ".key", "the header host cannot be set here; use authority")
    }
    if initialMetadata.contains(where: { $0.key == name }) {
      faults.add(path + ".key", "\"\(header.key)\" is there twice; keep one")
    }
    if !FieldCheck.isHeaderValue(header.value) || header.value.utf8.count > 16_384 {
      faults.add(
        path + ".value", "is no value of a header (not shown, it may be a credential); use one line of at most 16 KiB")
    }
    initialMetadata.append(
      .with {
        $0.key = name
        $0.value = header.value
      })
  }

  private mutating func setRetryPolicy(
    _ policy: HTTPListenerPolicy.RetryPolicy, at path: String, _ faults: inout [FieldFault]
  ) {
    // Of what a receiver that is not there, or not ready, gives. The tries that it has answered are not made again:
    // records would be there twice.
    var output = Envoy_Config_Core_V3_RetryPolicy.with { $0.retryOn = "connect-failure,refused-stream,unavailable" }
    if let number = policy.numRetries, let number = FieldCheck.unsigned(number, at: path + ".numRetries", &faults) {
      output.numRetries.value = number
    }
    if let backOff = policy.retryBackOff {
      let path = path + ".retryBackOff"
      let base = GoDuration.parse(
        backOff.baseInterval, at: path + ".baseInterval", minimum: 1, example: "1s", &faults)
      if let base { output.retryBackOff.baseInterval = base }
      if let text = backOff.maxInterval,
        let maximum = GoDuration.parse(text, at: path + ".maxInterval", minimum: 1, example: "10s", &faults)
      {
        if let base, (maximum.seconds, maximum.nanos) < (base.seconds, base.nanos) {
          faults.add(
            path + ".maxInterval", "\(text) is less than baseInterval, \(backOff.baseInterval); make it at least that")
        }
        output.retryBackOff.maxInterval = maximum
      }
    }
    retryPolicy = output
  }

  /// Tells values that Envoy would not take. It wants format strings everywhere, though over gRPC it sends them as they
  /// stand: there a percent sign cannot be had, since `%%` stays two of them.
  func checkFormats(at path: String, isHTTP: Bool, _ faults: inout [FieldFault]) {
    for (index, header) in initialMetadata.enumerated() {
      do throws(FormatStringError) {
        _ = try FormatString(parsing: header.value)
      } catch {
        faults.add(
          "\(path).initialMetadata[\(index)].value",
          "the % at position \(error.position) begins no operator that Envoy knows (the value is not shown, it may be a "
            + "credential); "
            + (isHTTP
              ? "write %% for a literal percent sign"
              : "over gRPC Envoy sends no single percent sign, so use a value without it"))
      }
    }
  }

  // MARK: Envoy's messages

  /// The fields that are set and that only gRPC has.
  var namesForGRPCOnly: [String] {
    var names: [String] = []
    if maxReceiveMessageLength != nil { names.append("maxReceiveMessageLength") }
    if skipEnvoyHeaders != nil { names.append("skipEnvoyHeaders") }
    if retryPolicy != nil { names.append("retryPolicy") }
    return names
  }

  /// The timeout is the cluster's: Envoy 1.40 looks at that of `GrpcService` neither for logs nor for spans.
  func grpcService(cluster: String) -> Envoy_Config_Core_V3_GrpcService {
    .with {
      $0.envoyGrpc.clusterName = cluster
      $0.envoyGrpc.authority = authority ?? ""
      if let maxReceiveMessageLength { $0.envoyGrpc.maxReceiveMessageLength.value = maxReceiveMessageLength }
      $0.envoyGrpc.skipEnvoyHeaders = skipEnvoyHeaders ?? false
      if let retryPolicy { $0.retryPolicy = retryPolicy }
      $0.initialMetadata = initialMetadata
    }
  }

  func httpService(cluster: String, uri: String) -> Envoy_Config_Core_V3_HttpService {
    .with {
      $0.httpUri.uri = uri
      $0.httpUri.cluster = cluster
      $0.httpUri.timeout = timeout ?? .init(seconds: 5)
      $0.requestHeadersToAdd = initialMetadata.map { header in .with { $0.header = header } }
    }
  }
}
