extension HTTPListenerPolicy {
  /// Which requests are logged; exactly one of the fields is meant to be set.
  package struct Filter: Hashable, Sendable {
    package var statusCodeFilter: Comparison?
    /// In milliseconds.
    package var durationFilter: Comparison?
    package var notHealthCheckFilter: Bool?
    package var traceableFilter: Bool?
    /// `headerFilter.header`.
    package var headerFilter: HeaderMatch?
    /// `responseFlagFilter.flags`.
    package var responseFlagFilter: [String]?
    package var grpcStatusFilter: GRPCStatus?
    /// `celFilter.match`.
    package var celFilter: String?
    package var andFilter: [Filter]?
    package var orFilter: [Filter]?

    package init(
      statusCodeFilter: Comparison? = nil, durationFilter: Comparison? = nil, notHealthCheckFilter: Bool? = nil,
      traceableFilter: Bool? = nil, headerFilter: HeaderMatch? = nil, responseFlagFilter: [String]? = nil,
      grpcStatusFilter: GRPCStatus? = nil, celFilter: String? = nil, andFilter: [Filter]? = nil,
      orFilter: [Filter]? = nil
    ) {
      self.statusCodeFilter = statusCodeFilter
      self.durationFilter = durationFilter
      self.notHealthCheckFilter = notHealthCheckFilter
      self.traceableFilter = traceableFilter
      self.headerFilter = headerFilter
      self.responseFlagFilter = responseFlagFilter
      self.grpcStatusFilter = grpcStatusFilter
      self.celFilter = celFilter
      self.andFilter = andFilter
      self.orFilter = orFilter
    }

    package struct Comparison: Hashable, Sendable {
      /// `EQ`, `GE`, `LE`; kgateway's `GQ` means `GE`.
      package var op: String
      package var value: Int

      package init(op: String, value: Int) {
        self.op = op
        self.value = value
      }
    }

    /// A request header, as in an HTTPRoute.
    package struct HeaderMatch: Hashable, Sendable {
      /// `Exact` or `RegularExpression`.
      package var type: String
      package var name: String
      package var value: String

      package init(type: String = "Exact", name: String, value: String) {
        self.type = type
        self.name = name
        self.value = value
      }
    }

    package struct GRPCStatus: Hashable, Sendable {
      package var statuses: [String]
      /// Whether the statuses are those that are not logged.
      package var exclude: Bool

      package init(statuses: [String], exclude: Bool = false) {
        self.statuses = statuses
        self.exclude = exclude
      }
    }
  }
}
