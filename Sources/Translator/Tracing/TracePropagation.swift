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

  fileprivate var shortName: String {
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
    var isValid = true
    for (index, name) in names.enumerated() {
      if let format = Propagator(rawValue: name) {
        if !formats.contains(format) { formats.append(format) }
        continue
      }
      isValid = false
      let question = nearestName(to: name.uppercased(), among: known).map { "did you mean \($0)? " } ?? ""
      faults.append(
        FieldFault(
          JSONPath.join(path, JSONPath.component(index: index)),
          "unknown propagator \"\(name)\"; \(question)known: \(known.joined(separator: ", "))"))
    }
    guard isValid else { return nil }
    self.init(formats)
  }

  /// The configuration of the connection manager that makes a `traceparent` of what a request carries.
  func earlyHeaderMutations(_ rate: SamplingRate) -> [Envoy_Config_Core_V3_TypedExtensionConfig] {
    let config = Envoy_Extensions_Http_EarlyHeaderMutation_HeaderMutation_V3_HeaderMutation.with {
      $0.mutations = TraceContextExtraction(formats: formats, rate: rate).mutations
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
      $0.mutations.requestMutations = TraceContextInjection(formats: Set(formats)).mutations
    }
    return [
      .with {
        $0.name = "envoy.filters.http.header_mutation"
        $0.typedConfig = Google_Protobuf_Any(packing: config)
      }
    ]
  }

  /// Names the clusters with these filters: `w3c-b3`. The order of the formats does not matter on this side.
  var clusterVariant: String? {
    if formats == [.w3c] { return nil }
    if formats.isEmpty { return "untraced" }
    return Propagator.allCases.filter(formats.contains).map(\.shortName).joined(separator: "-")
  }
}

/// The headers that carry intermediate values from one mutation to the next. Clients cannot bring their own: the first
/// thing that is done is to remove them.
enum ScratchHeader: String, CaseIterable {
  /// The `traceparent` that was chosen.
  case parent = "x-kgateway-trace-parent"
  /// The `tracestate` that belongs to it.
  case state = "x-kgateway-trace-state"
  /// A `traceparent` that was made of another format, good or not.
  case candidate = "x-kgateway-trace-candidate"
  /// A random UUID.
  case random = "x-kgateway-trace-random"
  /// A `traceparent` with a fresh id that says "not sampled".
  case denied = "x-kgateway-trace-denied"
  /// What the client sent, where the format is not listed; goes as far as the upstream filters.
  case originalParent = "x-kgateway-trace-original-parent"
  case originalState = "x-kgateway-trace-original-state"
}

/// Expressions of the Common Expression Language over the request's headers.
enum HeaderExpression {
  /// A header's value; an error where it is absent.
  static func value(_ name: String) -> String { "request.headers['\(name)']" }

  static func value(_ header: ScratchHeader) -> String { value(header.rawValue) }

  static func isPresent(_ name: String) -> String { "'\(name)' in request.headers" }

  static func isPresent(_ header: ScratchHeader) -> String { isPresent(header.rawValue) }
}

extension Envoy_Config_Common_MutationRules_V3_HeaderMutation {
  typealias AppendAction = Envoy_Config_Core_V3_HeaderValueOption.HeaderAppendAction

  /// Sets a header; one that comes out empty is left as it was.
  static func set(_ name: String, _ value: String, action: AppendAction = .overwriteIfExistsOrAdd) -> Self {
    .with {
      $0.append.header.key = name
      $0.append.header.value = value
      $0.append.appendAction = action
    }
  }

  static func remove(_ name: String) -> Self {
    .with { $0.remove = name }
  }
}
