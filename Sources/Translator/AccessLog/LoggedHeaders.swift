import KubernetesAPI

/// The headers that a policy wants in the records of `grpcService`.
struct LoggedHeaders {
  let request: [String]
  let response: [String]
  let trailers: [String]

  init(_ service: HTTPListenerPolicy.GRPCService, at path: String, _ faults: inout [FieldFault]) {
    request = Self.names(
      service.additionalRequestHeadersToLog, at: path + ".additionalRequestHeadersToLog", &faults)
    response = Self.names(
      service.additionalResponseHeadersToLog, at: path + ".additionalResponseHeadersToLog", &faults)
    trailers = Self.names(
      service.additionalResponseTrailersToLog, at: path + ".additionalResponseTrailersToLog", &faults)
  }

  /// The same as attributes of OTLP records, for a receiver that speaks OTLP (OpenTelemetry's semantic conventions,
  /// `http.request.header.<key>`).
  var attributes: [OTLPAccessLog.Attribute] {
    request.map { ("http.request.header.\($0)", "%REQ(\($0))%") }
      + response.map { ("http.response.header.\($0)", "%RESP(\($0))%") }
      + trailers.map { ("http.response.trailer.\($0)", "%TRAILER(\($0))%") }
  }

  private static func names(_ names: [String], at path: String, _ faults: inout [FieldFault]) -> [String] {
    FieldCheck.distinct(names, at: path, &faults)
    var known: Set<String> = []
    return names.enumerated().compactMap { index, name in
      FieldCheck.header(name, at: "\(path)[\(index)]", allowsPseudoHeader: true, &faults)?.lowercased()
    }
    .filter { known.insert($0).inserted }
  }
}
