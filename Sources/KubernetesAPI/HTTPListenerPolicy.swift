package import JSON

/// `gateway.kgateway.dev/v1alpha1` HTTPListenerPolicy: access logs and tracing for the HTTP listeners of Gateways.
package struct HTTPListenerPolicy: Hashable, Sendable {
  package var metadata: ObjectMeta
  package var targetRefs: [TargetReference]
  package var accessLog: [AccessLog]
  package var tracing: Tracing?
  /// The status as last read.
  package var ancestorStatuses: [PolicyAncestorStatus]

  package init(
    metadata: ObjectMeta, targetRefs: [TargetReference] = [], accessLog: [AccessLog] = [], tracing: Tracing? = nil,
    ancestorStatuses: [PolicyAncestorStatus] = []
  ) {
    self.metadata = metadata
    self.targetRefs = targetRefs
    self.accessLog = accessLog
    self.tracing = tracing
    self.ancestorStatuses = ancestorStatuses
  }

  /// Names a Gateway in the policy's own namespace.
  package struct TargetReference: Hashable, Sendable {
    package var group: String
    package var kind: String
    package var name: String

    package init(group: String = "gateway.networking.k8s.io", kind: String = "Gateway", name: String) {
      self.group = group
      self.kind = kind
      self.name = name
    }
  }

  /// One access log; exactly one sink is meant to be set.
  package struct AccessLog: Hashable, Sendable {
    package var fileSink: FileSink?
    package var grpcService: GRPCService?

    package init(fileSink: FileSink? = nil, grpcService: GRPCService? = nil) {
      self.fileSink = fileSink
      self.grpcService = grpcService
    }
  }

  package struct FileSink: Hashable, Sendable {
    package var path: String
    /// A JSON object whose string values are access-log format strings. Nil when absent.
    package var jsonFormat: JSONValue?

    package init(path: String, jsonFormat: JSONValue? = nil) {
      self.path = path
      self.jsonFormat = jsonFormat
    }
  }

  package struct GRPCService: Hashable, Sendable {
    package var logName: String
    /// An entry of the control plane's own list of static clusters.
    package var staticClusterName: String?

    package init(logName: String, staticClusterName: String? = nil) {
      self.logName = logName
      self.staticClusterName = staticClusterName
    }
  }

  package struct Tracing: Hashable, Sendable {
    package var provider: Provider
    /// Percent of the traces that begin here, fractions allowed. Nil when absent.
    package var samplingRate: Double?
    /// As written; nil when absent.
    package var propagators: [String]?
    /// In the order of their names.
    package var customTags: [CustomTag]

    package init(
      provider: Provider, samplingRate: Double? = nil, propagators: [String]? = nil, customTags: [CustomTag] = []
    ) {
      self.provider = provider
      self.samplingRate = samplingRate
      self.propagators = propagators
      self.customTags = customTags
    }
  }

  package struct Provider: Hashable, Sendable {
    package var otel: OTel?

    package init(otel: OTel? = nil) { self.otel = otel }

    package struct OTel: Hashable, Sendable {
      /// `host:port` of an OTLP/gRPC receiver.
      package var grpcAddress: String

      package init(grpcAddress: String) { self.grpcAddress = grpcAddress }
    }
  }

  /// A span attribute; exactly one source is meant to be set.
  package struct CustomTag: Hashable, Sendable {
    package var name: String
    package var literal: String?
    /// The name of an environment variable of the proxy.
    package var environment: String?
    /// The name of a request header.
    package var requestHeader: String?

    package init(name: String, literal: String? = nil, environment: String? = nil, requestHeader: String? = nil) {
      self.name = name
      self.literal = literal
      self.environment = environment
      self.requestHeader = requestHeader
    }
  }
}

/// What a controller says of a policy towards one target (`PolicyAncestorStatus`).
package struct PolicyAncestorStatus: Hashable, Sendable {
  package var ancestorRef: ParentReference
  package var controllerName: String
  package var conditions: [Condition]

  package init(ancestorRef: ParentReference, controllerName: String, conditions: [Condition]) {
    self.ancestorRef = ancestorRef
    self.controllerName = controllerName
    self.conditions = conditions
  }
}
