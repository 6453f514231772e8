import EnvoyAPI
import JSON
import SwiftProtobuf

/// A format in which requests carry their trace's context.
enum Propagator: String, CaseIterable, Hashable, Sendable {
  /// `traceparent` and `tracestate` (W3C Trace Context).
  case w3c = "W3C_TRACE_CONTEXT"
  /// `X-B3-TraceId` and its companions (Zipkin).
  case b3 = "B3"
  /// The one header `b3` (Zipkin).
  case b3SingleHeader = "B3_SINGLE_HEADER"

  /// In the names of clusters and headers.
  var shortName: String {
    switch self {
    case .w3c: "w3c"
    case .b3: "b3"
    case .b3SingleHeader: "b3single"
    }
  }
}

/// The formats in which a trace goes on: of those listed, the first that a request carries is continued, and the request
/// goes on to the upstream with every listed one and no other.
///
/// Envoy's OpenTelemetry tracer speaks W3C alone and has no setting for it (envoyproxy/envoy#39412). So the other
/// formats are made of header mutations: before the tracer looks at a request (`TraceContextExtraction`), and after it
/// has written its own headers (`TraceContextInjection`).
struct TracePropagation: Hashable, Sendable {
  /// In order of precedence, none twice. Empty: every trace begins and ends here.
  let formats: [Propagator]
  /// Whether the proxy makes a span for each try to reach an upstream. The upstream then continues that span.
  var spawnsUpstreamSpans = false

  init(_ formats: [Propagator]) {
    self.formats = formats
  }

  /// Reads the field; nil if there was a fault in it.
  ///
  /// - Parameter names: nil for an absent field, which means W3C.
  init?(_ names: [String]?, at path: String, _ faults: inout [FieldFault]) {
    guard let names else {
      self.init([.w3c])
      return
    }
    let known = Propagator.allCases.map(\.rawValue)
    var formats: [Propagator] = []
    let before = faults.count
    FieldCheck.distinct(names, at: path, &faults)
    for (index, name) in names.enumerated() {
      if let format = Propagator(rawValue: name) {
        if !formats.contains(format) { formats.append(format) }
        continue
      }
      let question = nearestName(to: name.uppercased(), among: known).map { "did you mean \($0)? " } ?? ""
      faults.append(
        FieldFault(
          JSONPath.join(path, JSONPath.component(index: index)),
          "unknown propagator \"\(name)\"; \(question)known: \(known.joined(separator: ", "))"))
    }
    guard faults.count == before else { return nil }
    self.init(formats)
  }

  /// The configuration of the connection manager that makes a `traceparent` of what a request carries.
  ///
  /// - Parameters:
  ///   - rate: Of what the caller leaves open. 100 percent where the connection manager's own percentages decide.
  ///   - trustsCaller: Whether what the caller decided about sampling stands. Otherwise the rate decides of its traces.
  func earlyHeaderMutations(
    _ rate: SamplingRate, trustsCaller: Bool
  ) -> [Envoy_Config_Core_V3_TypedExtensionConfig] {
    let config = Envoy_Extensions_Http_EarlyHeaderMutation_HeaderMutation_V3_HeaderMutation.with {
      $0.mutations = TraceContextExtraction(formats: formats, rate: rate, trustsCaller: trustsCaller).mutations
    }
    return [
      .with {
        $0.name = "envoy.http.early_header_mutation.header_mutation"
        $0.typedConfig = Google_Protobuf_Any(packing: config)
      }
    ]
  }

  /// The filters of clusters that write the listed formats; none where the tracer's own headers are what is wanted.
  var upstreamHTTPFilters: [Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpFilter] {
    guard clusterVariant != nil else { return [] }
    let config = Envoy_Extensions_Filters_Http_HeaderMutation_V3_HeaderMutation.with {
      $0.mutations.requestMutations =
        TraceContextInjection(
          formats: Set(formats), spawnsUpstreamSpans: spawnsUpstreamSpans
        ).mutations
    }
    return [
      .with {
        $0.name = "envoy.filters.http.header_mutation"
        $0.typedConfig = Google_Protobuf_Any(packing: config)
      }
    ]
  }

  /// Names the clusters with these filters: `w3c-b3`, and `w3c-b3-spans` with spans for each try. The order of the formats does not matter on this side.
  var clusterVariant: String? {
    if formats == [.w3c] { return nil }
    if formats.isEmpty { return "untraced" }
    let listed = Propagator.allCases.filter(formats.contains).map(\.shortName)
    return (listed + (spawnsUpstreamSpans ? ["spans"] : [])).joined(separator: "-")
  }
}
