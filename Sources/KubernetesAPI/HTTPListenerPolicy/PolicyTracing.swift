extension HTTPListenerPolicy {
  package struct Tracing: Hashable, Sendable {
    package var provider: Provider
    /// Percent of the traces that begin here, fractions allowed. Nil when absent.
    package var samplingRate: Double?
    /// Percentages of Envoy's connection manager, fractions allowed. Nil when absent.
    package var clientSampling: Double?
    package var randomSampling: Double?
    package var overallSampling: Double?
    /// `Trust` or `Ignore`: what the sampling flag of a caller's trace counts for. Nil: `Trust`.
    package var incomingSampling: String?
    /// As written; nil when absent.
    package var propagators: [String]?
    /// In the order of their names.
    package var customTags: [CustomTag]
    package var attributes: [Attribute]
    package var verbose: Bool?
    /// In bytes.
    package var maxPathTagLength: Int?
    package var spawnUpstreamSpan: Bool?

    package init(
      provider: Provider, samplingRate: Double? = nil, clientSampling: Double? = nil, randomSampling: Double? = nil,
      overallSampling: Double? = nil, incomingSampling: String? = nil, propagators: [String]? = nil,
      customTags: [CustomTag] = [], attributes: [Attribute] = [], verbose: Bool? = nil, maxPathTagLength: Int? = nil,
      spawnUpstreamSpan: Bool? = nil
    ) {
      self.provider = provider
      self.samplingRate = samplingRate
      self.clientSampling = clientSampling
      self.randomSampling = randomSampling
      self.overallSampling = overallSampling
      self.incomingSampling = incomingSampling
      self.propagators = propagators
      self.customTags = customTags
      self.attributes = attributes
      self.verbose = verbose
      self.maxPathTagLength = maxPathTagLength
      self.spawnUpstreamSpan = spawnUpstreamSpan
    }

    /// Whether none of the fields is set that say how many of the traces that begin here are kept.
    package var leavesSamplingOpen: Bool {
      samplingRate == nil && clientSampling == nil && randomSampling == nil && overallSampling == nil
        && provider.openTelemetry?.sampler == nil
    }
  }

  /// Where spans go; exactly one of the forms is meant to be set.
  package struct Provider: Hashable, Sendable {
    package var otel: OTel?
    package var openTelemetry: OpenTelemetry?

    package init(otel: OTel? = nil, openTelemetry: OpenTelemetry? = nil) {
      self.otel = otel
      self.openTelemetry = openTelemetry
    }

    package struct OTel: Hashable, Sendable {
      /// `host:port` of an OTLP/gRPC receiver.
      package var grpcAddress: String

      package init(grpcAddress: String) { self.grpcAddress = grpcAddress }
    }

    package struct OpenTelemetry: Hashable, Sendable {
      /// `grpcService`.
      package var service: TelemetryService
      /// Nil: the Gateway's name.
      package var serviceName: String?
      package var resourceDetectors: [ResourceDetector]
      package var sampler: Sampler?

      package init(
        service: TelemetryService = TelemetryService(), serviceName: String? = nil,
        resourceDetectors: [ResourceDetector] = [], sampler: Sampler? = nil
      ) {
        self.service = service
        self.serviceName = serviceName
        self.resourceDetectors = resourceDetectors
        self.sampler = sampler
      }
    }

    /// Finds out more about the proxy.
    package struct ResourceDetector: Hashable, Sendable {
      /// Whether `environmentResourceDetector` is set: it reads `OTEL_RESOURCE_ATTRIBUTES` of the proxy.
      package var isEnvironment: Bool

      package init(isEnvironment: Bool = false) { self.isEnvironment = isEnvironment }
    }

    package struct Sampler: Hashable, Sendable {
      /// Whether `alwaysOnConfig` is set.
      package var isAlwaysOn: Bool

      package init(isAlwaysOn: Bool = false) { self.isAlwaysOn = isAlwaysOn }
    }
  }

  /// A span attribute in the guide's form; exactly one source is meant to be set.
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

  /// A span attribute in kgateway's form; exactly one source is meant to be set.
  package struct Attribute: Hashable, Sendable {
    package var name: String
    /// `literal.value`.
    package var literal: String?
    package var environment: NamedSource?
    package var requestHeader: NamedSource?
    package var metadata: MetadataSource?

    package init(
      name: String, literal: String? = nil, environment: NamedSource? = nil, requestHeader: NamedSource? = nil,
      metadata: MetadataSource? = nil
    ) {
      self.name = name
      self.literal = literal
      self.environment = environment
      self.requestHeader = requestHeader
      self.metadata = metadata
    }

    /// An environment variable of the proxy, or a request header.
    package struct NamedSource: Hashable, Sendable {
      package var name: String
      /// What the attribute is where there is none of that name. Nil: left out.
      package var defaultValue: String?

      package init(name: String, defaultValue: String? = nil) {
        self.name = name
        self.defaultValue = defaultValue
      }
    }

    /// A place in Envoy's metadata.
    package struct MetadataSource: Hashable, Sendable {
      /// `Request`, `Route`, `Cluster` or `Host`.
      package var kind: String
      /// `metadataKey.key`.
      package var key: String
      /// The keys of `metadataKey.path`.
      package var path: [String]
      package var defaultValue: String?

      package init(kind: String, key: String, path: [String], defaultValue: String? = nil) {
        self.kind = kind
        self.key = key
        self.path = path
        self.defaultValue = defaultValue
      }
    }
  }
}
