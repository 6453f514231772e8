import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// `spec.accessLog[].filter` of a policy.
enum AccessLogFilterTranslation {
  typealias Output = Envoy_Config_Accesslog_V3_AccessLogFilter

  /// As deep as the schema writes `andFilter` and `orFilter` out.
  private static let maximumDepth = 3
  /// The most filters in one `andFilter` or `orFilter`.
  private static let maximumCount = 8

  /// Translates a filter; nil if there was a fault in it.
  static func translate(
    _ filter: HTTPListenerPolicy.Filter, at path: String, depth: Int = 1, _ faults: inout [FieldFault]
  ) -> Output? {
    let isSet: KeyValuePairs = [
      "statusCodeFilter": filter.statusCodeFilter != nil, "durationFilter": filter.durationFilter != nil,
      "notHealthCheckFilter": filter.notHealthCheckFilter != nil, "traceableFilter": filter.traceableFilter != nil,
      "headerFilter": filter.headerFilter != nil, "responseFlagFilter": filter.responseFlagFilter != nil,
      "grpcStatusFilter": filter.grpcStatusFilter != nil, "celFilter": filter.celFilter != nil,
      "andFilter": filter.andFilter != nil, "orFilter": filter.orFilter != nil,
    ]
    guard FieldCheck.exactlyOne(of: isSet, at: path, &faults) else { return nil }
    var output = Output()
    if let comparison = filter.statusCodeFilter {
      output.statusCodeFilter.comparison = self.comparison(
        comparison, key: "status_code", at: path + ".statusCodeFilter", &faults)
    } else if let comparison = filter.durationFilter {
      output.durationFilter.comparison = self.comparison(
        comparison, key: "duration", at: path + ".durationFilter", &faults)
    } else if let isOn = filter.notHealthCheckFilter {
      checkIsOn(isOn, at: path + ".notHealthCheckFilter", &faults)
      output.notHealthCheckFilter = .init()
    } else if let isOn = filter.traceableFilter {
      checkIsOn(isOn, at: path + ".traceableFilter", &faults)
      output = expression(TraceableRequests.expression)
    } else if let match = filter.headerFilter {
      output.headerFilter.header = header(match, at: path + ".headerFilter.header", &faults)
    } else if let flags = filter.responseFlagFilter {
      output.responseFlagFilter.flags = self.flags(flags, at: path + ".responseFlagFilter.flags", &faults)
    } else if let status = filter.grpcStatusFilter {
      output.grpcStatusFilter = grpcStatus(status, at: path + ".grpcStatusFilter", &faults)
    } else if let expression = filter.celFilter {
      if let fault = Expression.fault(in: expression) { faults.add(path + ".celFilter.match", fault) }
      output = self.expression(expression)
    } else if let filters = filter.andFilter {
      output.andFilter.filters = several(filters, at: path + ".andFilter", depth: depth, &faults)
    } else if let filters = filter.orFilter {
      output.orFilter.filters = several(filters, at: path + ".orFilter", depth: depth, &faults)
    }
    return output
  }

  /// Lets requests pass of which an expression is true.
  static func expression(_ text: String) -> Output {
    let config = Envoy_Extensions_AccessLoggers_Filters_Cel_V3_ExpressionFilter.with { $0.expression = text }
    return .with {
      $0.extensionFilter.name = "envoy.access_loggers.extension_filters.cel"
      $0.extensionFilter.typedConfig = Google_Protobuf_Any(packing: config)
    }
  }

  // MARK: Of several

  private static func several(
    _ filters: [HTTPListenerPolicy.Filter], at path: String, depth: Int, _ faults: inout [FieldFault]
  ) -> [Output] {
    guard depth < maximumDepth else {
      faults.add(path, "is nested more than \(maximumDepth) deep; combine the conditions in a celFilter")
      return []
    }
    guard (2...maximumCount).contains(filters.count) else {
      faults.add(
        path,
        filters.count < 2
          ? "has \(filters.isEmpty ? "no filter" : "one filter"); give at least two, or use the one by itself"
          : "has \(filters.count) filters; give at most \(maximumCount)")
      return []
    }
    return filters.enumerated().compactMap { index, filter in
      translate(filter, at: "\(path)[\(index)]", depth: depth + 1, &faults)
    }
  }

  // MARK: Of one

  private enum Comparison: String, CaseIterable {
    case equal = "EQ"
    case greaterOrEqual = "GE"
    case lessOrEqual = "LE"
    /// kgateway's API has this for GE.
    case misspeltGreaterOrEqual = "GQ"
  }

  /// - Parameter key: Envoy wants the name of a runtime setting that could override the value; there never is one.
  private static func comparison(
    _ comparison: HTTPListenerPolicy.Filter.Comparison, key: String, at path: String, _ faults: inout [FieldFault]
  ) -> Envoy_Config_Accesslog_V3_ComparisonFilter {
    let op: Comparison? = FieldCheck.word(comparison.op, at: path + ".op", &faults)
    let value = FieldCheck.unsigned(comparison.value, at: path + ".value", &faults)
    return .with {
      $0.op =
        switch op {
        case .lessOrEqual: .le
        case .greaterOrEqual, .misspeltGreaterOrEqual: .ge
        case .equal, nil: .eq
        }
      $0.value.defaultValue = value ?? 0
      $0.value.runtimeKey = "kgateway.access_log.\(key)"
    }
  }

  private static func checkIsOn(_ isOn: Bool, at path: String, _ faults: inout [FieldFault]) {
    if !isOn { faults.add(path, "is false, which would log nothing else either; set it to true, or remove the filter") }
  }

  private enum MatchType: String, CaseIterable {
    case exact = "Exact"
    case regularExpression = "RegularExpression"
  }

  private static func header(
    _ match: HTTPListenerPolicy.Filter.HeaderMatch, at path: String, _ faults: inout [FieldFault]
  ) -> Envoy_Config_Route_V3_HeaderMatcher {
    let name = FieldCheck.header(match.name, at: path + ".name", allowsPseudoHeader: true, &faults)
    let type: MatchType? = FieldCheck.word(match.type, at: path + ".type", &faults)
    if match.value.isEmpty {
      faults.add(path + ".value", "is empty; write the value that the header must have")
    }
    if type == .regularExpression, let fault = RegularExpression.fault(in: match.value) {
      faults.add(path + ".value", fault)
    }
    return .with {
      $0.name = name ?? match.name
      switch type {
      case .regularExpression: $0.stringMatch.safeRegex.regex = match.value
      case .exact, nil: $0.stringMatch.exact = match.value
      }
    }
  }

  private static func flags(_ flags: [String], at path: String, _ faults: inout [FieldFault]) -> [String] {
    if flags.isEmpty { faults.add(path, "is empty; name at least one flag, as UH") }
    FieldCheck.distinct(flags, at: path, &faults)
    for (index, flag) in flags.enumerated() where !ResponseFlag.all.contains(flag) {
      let name = ResponseFlag.all.first { $0 == flag.uppercased() }.map { "; did you mean \($0)?" } ?? ""
      faults.add(
        "\(path)[\(index)]", "\"\(flag)\" is no response flag\(name) Known: \(ResponseFlag.all.joined(separator: ", "))"
      )
    }
    return flags
  }

  private static func grpcStatus(
    _ status: HTTPListenerPolicy.Filter.GRPCStatus, at path: String, _ faults: inout [FieldFault]
  ) -> Envoy_Config_Accesslog_V3_GrpcStatusFilter {
    if status.statuses.isEmpty { faults.add(path + ".statuses", "is empty; name at least one, as UNAVAILABLE") }
    FieldCheck.distinct(status.statuses, at: path + ".statuses", &faults)
    return .with {
      $0.exclude = status.exclude
      $0.statuses = status.statuses.enumerated().compactMap { index, name in
        let word: GRPCStatusName? = FieldCheck.word(name, at: "\(path).statuses[\(index)]", &faults)
        return word.flatMap { .init(rawValue: $0.number) }
      }
    }
  }
}

/// Short names of what can become of a request (Envoy 1.40, `ResponseFlagFilter.flags`).
enum ResponseFlag {
  static let all = [
    "LH", "UH", "UT", "LR", "UR", "UF", "UC", "UO", "NR", "DI", "FI", "RL", "UAEX", "RLSE", "DC", "URX", "SI", "IH",
    "DPE", "UMSDR", "RFCF", "NFCF", "DT", "UPE", "NC", "OM", "DF", "DO", "DR", "UDO",
  ]
}

/// The statuses of gRPC, in the order of their numbers.
private enum GRPCStatusName: String, CaseIterable {
  case ok = "OK"
  case canceled = "CANCELED"
  case unknown = "UNKNOWN"
  case invalidArgument = "INVALID_ARGUMENT"
  case deadlineExceeded = "DEADLINE_EXCEEDED"
  case notFound = "NOT_FOUND"
  case alreadyExists = "ALREADY_EXISTS"
  case permissionDenied = "PERMISSION_DENIED"
  case resourceExhausted = "RESOURCE_EXHAUSTED"
  case failedPrecondition = "FAILED_PRECONDITION"
  case aborted = "ABORTED"
  case outOfRange = "OUT_OF_RANGE"
  case unimplemented = "UNIMPLEMENTED"
  case `internal` = "INTERNAL"
  case unavailable = "UNAVAILABLE"
  case dataLoss = "DATA_LOSS"
  case unauthenticated = "UNAUTHENTICATED"

  var number: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
