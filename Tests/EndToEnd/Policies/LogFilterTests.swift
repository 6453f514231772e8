import Testing

extension EndToEnd {
  @Suite("log filters of policies on the real Envoy")
  struct LogFilters {
    /// A request, and whether it is to be logged.
    struct Sent {
      var path: String
      var headers: [(String, String)] = []
      var isLogged: Bool

      static func logged(_ path: String, _ headers: (String, String)...) -> Sent {
        Sent(path: path, headers: headers, isLogged: true)
      }
      static func passedOver(_ path: String, _ headers: (String, String)...) -> Sent {
        Sent(path: path, headers: headers, isLogged: false)
      }
    }

    /// A filter as users write it. The last request must be one that is logged, so that a test can wait for it.
    struct Case: Sendable, CustomTestStringConvertible {
      var filter: String
      /// What else the policy says.
      var rest = ""
      var requests: @Sendable () -> [Sent]

      var testDescription: String { filter }
    }

    private static let tracing = """
      tracing:
        provider:
          otel:
            grpcAddress: 127.0.0.1:1
      """ + "\n  "
    private static let sampled = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    private static let unsampled = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")

    static let cases = [
      Case(filter: "{statusCodeFilter: {op: EQ, value: 404}}") {
        [.passedOver("/status/200"), .passedOver("/status/500"), .logged("/status/404")]
      },
      Case(filter: "{statusCodeFilter: {op: GE, value: 404}}") {
        [.passedOver("/status/403"), .logged("/status/404"), .logged("/status/500")]
      },
      Case(filter: "{statusCodeFilter: {op: GQ, value: 404}}") {
        [.passedOver("/status/403"), .logged("/status/404"), .logged("/status/500")]
      },
      Case(filter: "{statusCodeFilter: {op: LE, value: 404}}") {
        [.passedOver("/status/405"), .logged("/status/404"), .logged("/status/200")]
      },
      Case(filter: "{durationFilter: {op: GE, value: 300}}") { [.passedOver("/"), .logged("/delay/320")] },
      Case(filter: "{durationFilter: {op: LE, value: 300}}") { [.passedOver("/delay/320"), .logged("/")] },
      Case(filter: "{notHealthCheckFilter: true}", rest: "healthCheck: {path: /healthz}") {
        [.passedOver("/healthz"), .logged("/healthz/more")]
      },
      Case(filter: "{traceableFilter: true}", rest: tracing + "randomSampling: 0") {
        [.passedOver("/untraced"), .logged("/by-client", ("x-client-trace-id", "any"))]
      },
      Case(filter: "{traceableFilter: true}", rest: tracing + "samplingRate: 0") {
        [.passedOver("/untraced"), .passedOver("/unsampled", unsampled), .logged("/sampled", sampled)]
      },
      Case(filter: "{traceableFilter: true}", rest: tracing + "samplingRate: 0\n  propagators: [B3_SINGLE_HEADER]") {
        [
          .passedOver("/untraced"), .passedOver("/unlisted", sampled),
          .logged("/sampled", ("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1")),
        ]
      },
      Case(filter: "{headerFilter: {header: {name: X-Debug, value: 'on'}}}") {
        [.passedOver("/none"), .passedOver("/other", ("x-debug", "one")), .logged("/same", ("x-debug", "on"))]
      },
      Case(filter: "{headerFilter: {header: {type: RegularExpression, name: x-debug, value: 'o[nf]+'}}}") {
        [
          .passedOver("/none"), .passedOver("/longer", ("x-debug", "on!")), .logged("/on", ("x-debug", "on")),
          .logged("/off", ("x-debug", "off")),
        ]
      },
      Case(filter: "{responseFlagFilter: {flags: [NR, UF]}}") { [.passedOver("/status/503"), .logged("/down")] },
      Case(filter: "{grpcStatusFilter: {statuses: [NOT_FOUND, UNAVAILABLE]}}") {
        [.passedOver("/grpc/0"), .passedOver("/grpc/13"), .logged("/grpc/14"), .logged("/grpc/5")]
      },
      Case(filter: "{grpcStatusFilter: {statuses: [OK, NOT_FOUND], exclude: true}}") {
        [.passedOver("/grpc/0"), .passedOver("/grpc/5"), .logged("/grpc/14")]
      },
      Case(filter: "{celFilter: {match: \"response.code >= 400 && !('x-debug' in request.headers)\"}}") {
        [.passedOver("/"), .passedOver("/status/400", ("x-debug", "on")), .logged("/status/401")]
      },
      Case(
        filter: """
          {orFilter: [{andFilter: [{statusCodeFilter: {op: GE, value: 500}}, \
          {headerFilter: {header: {name: x-debug, value: 'on'}}}]}, {statusCodeFilter: {op: EQ, value: 404}}]}
          """
      ) {
        [
          .passedOver("/status/500"), .passedOver("/status/200", ("x-debug", "on")), .logged("/status/404"),
          .logged("/status/501", ("x-debug", "on")),
        ]
      },
      Case(
        filter: """
          {andFilter: [{orFilter: [{statusCodeFilter: {op: EQ, value: 404}}, \
          {statusCodeFilter: {op: EQ, value: 500}}]}, {headerFilter: {header: {name: x-debug, value: 'on'}}}]}
          """
      ) {
        [
          .passedOver("/status/500"), .passedOver("/status/200", ("x-debug", "on")),
          .logged("/status/404", ("x-debug", "on")), .logged("/status/500", ("x-debug", "on")),
        ]
      },
    ]

    /// Where a filter can stand, with filters beside it that change nothing.
    private enum Place: CaseIterable {
      case alone, and, or, andAnd, andOr, orAnd, orOr

      func around(_ filter: String) -> String {
        func and(_ filter: String) -> String { "{andFilter: [{celFilter: {match: 'true'}}, \(filter)]}" }
        func or(_ filter: String) -> String { "{orFilter: [{celFilter: {match: 'false'}}, \(filter)]}" }
        return switch self {
        case .alone: filter
        case .and: and(filter)
        case .or: or(filter)
        case .andAnd: and(and(filter))
        case .andOr: and(or(filter))
        case .orAnd: or(and(filter))
        case .orOr: or(or(filter))
        }
      }

      /// What joins filters two deep has no room for more.
      static func all(for filter: String) -> [Place] {
        filter.contains("andFilter") || filter.contains("orFilter") ? [.alone] : allCases
      }
    }

    @Test("a filter lets through the requests that it is for and no others, alone and wherever filters are joined")
    func filters() async throws {
      let manifests = Self.cases.enumerated().map { index, filtered in
        let logs = Place.all(for: filtered.filter).map { place in
          """
          - fileSink: {path: "${folder}/\(index)-\(place).log", stringFormat: "%REQ(:PATH)%"}
            filter: \(place.around(filtered.filter))
          """
        }
        let spec = "accessLog:\n" + logs.joined(separator: "\n") + "\n" + filtered.rest
        return PolicyManifests.gateway("case-\(index)") + PolicyManifests.policy("filter", on: "case-\(index)", spec)
      }
      try await PolicyBed.run(manifests: manifests) { bed in
        for (index, filtered) in Self.cases.enumerated() {
          let requests = filtered.requests()
          for request in requests { try await bed.send("case-\(index)", request.path, headers: request.headers) }
          let logged = requests.filter(\.isLogged).map(\.path)
          for place in Place.all(for: filtered.filter) {
            let lines = try await bed.lines(of: "\(index)-\(place).log") { $0 == logged.last }
            #expect(lines == logged, "\(filtered.filter), \(place)")
          }
        }
      }
    }
  }
}
