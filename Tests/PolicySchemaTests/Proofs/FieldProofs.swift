/// Which tests show what each field of the CRD does.
///
/// All of these but the golden cases run the real Envoy. A row stands for a field, or for several that one test shows.
/// Filters have one row wherever they stand: the test of filters tries each of them in every place that joined filters
/// have.
struct FieldProof {
  let fields: [String]
  let proofs: [Proof]

  /// What shows it.
  enum Proof: Hashable {
    /// A test by its name, in the file of that name.
    case test(file: String, name: String)
    /// A folder of `Tests/TranslatorTests/Golden`.
    case golden(String)
  }

  init(_ fields: String..., by proofs: Proof...) {
    self.fields = fields
    self.proofs = proofs
  }

  static let all =
    targets + fileLogs + accessLogServices + openTelemetryLogs + filters + traceReceivers + tracing + metrics + settings

  // MARK: Targets

  private static let targets = [
    FieldProof(
      "spec.targetRefs[].group", "spec.targetRefs[].kind", "spec.targetRefs[].name", "spec.targetRefs[].sectionName",
      by: .envoy(
        "TargetTests", "a policy for one listener logs its requests alone, on its own port and on one that it shares"),
      .envoy(
        "TargetTests", "a request for no host of a shared port's listeners is in the logs of the whole Gateway alone"),
      .golden("policy-sections")),
    FieldProof(
      "spec.targetSelectors[].group", "spec.targetSelectors[].kind", "spec.targetSelectors[].matchLabels.*",
      by: .envoy(
        "TargetTests",
        "a policy is for the Gateways with its labels, and policies on one Gateway add up; the oldest decides the rest"),
      .golden("policy-selectors")),
  ]

  // MARK: Access logs

  private static let fileLogs = [
    FieldProof(
      "spec.accessLog[].fileSink.path",
      by: .envoy(
        "FileLogTests",
        "/dev/stdout and /dev/stderr are the outputs of the proxy, and every entry of a policy is written"),
      .envoy("FileLogTests", textLog)),
    FieldProof("spec.accessLog[].fileSink.stringFormat", by: .envoy("FileLogTests", textLog)),
    FieldProof(
      "spec.accessLog[].fileSink.jsonFormat",
      by: .envoy(
        "FileLogTests",
        "a log in JSON keeps its objects, lists, numbers and booleans, and an operator alone keeps its type")),
  ]

  private static let textLog =
    "a log in text has a line for each request, whether its format ends with a line break or not"

  private static let accessLogServices =
    receiver(
      "spec.accessLog[].grpcService", file: "ALSLogTests",
      calls: "calls have the authority and the metadata that the policy says, and lack Envoy's headers if it says so",
      timeout: "a call ends at its timeout, and the next entry makes a new one",
      retries:
        "a log whose receiver is not there yet is tried again as the policy says; without, what was logged is lost",
      services: "a receiver can be a Service, also one of another namespace that grants it") + [
      FieldProof(
        "spec.accessLog[].grpcService.logName", "spec.accessLog[].grpcService.staticClusterName",
        "spec.accessLog[].grpcService.additionalRequestHeadersToLog[]",
        "spec.accessLog[].grpcService.additionalResponseHeadersToLog[]",
        "spec.accessLog[].grpcService.additionalResponseTrailersToLog[]",
        by: .envoy("ALSLogTests", "an entry names its log, and has the headers and trailers that the policy adds"),
        .envoy(
          "OTLPLogTests", "grpcService with a collector that speaks OTLP has the headers that it adds as attributes"),
        .golden("policy-access-log-service"))
    ]

  private static let openTelemetryLogs =
    receiver(
      "spec.accessLog[].openTelemetry.grpcService", file: "OTLPLogTests",
      calls: "calls have the authority and the metadata that the policy says, and lack Envoy's headers if it says so",
      timeout: "an export that the collector does not answer ends at its timeout",
      retries: "an export whose collector is not there yet is tried again as the policy says",
      services: "the collector can be a Service, also one of another namespace that grants it") + [
      FieldProof(
        "spec.accessLog[].openTelemetry.grpcService.logName",
        by: .envoy(
          "OTLPLogTests", "a record that the policy says nothing of names its log, the Gateway and the request")),
      FieldProof(
        "spec.accessLog[].openTelemetry.grpcService.staticClusterName",
        by: .envoy(
          "OTLPLogTests",
          "OTLP goes over HTTP where the static cluster or the Service's port says so, with the same settings")),
      FieldProof(
        "spec.accessLog[].openTelemetry.body", "spec.accessLog[].openTelemetry.disableBuiltinLabels",
        "spec.accessLog[].openTelemetry.attributes.values[].key",
        "spec.accessLog[].openTelemetry.attributes.values[].value.stringValue",
        "spec.accessLog[].openTelemetry.attributes.values[].value.arrayValue[]",
        "spec.accessLog[].openTelemetry.attributes.values[].value.kvListValue.values[]",
        "spec.accessLog[].openTelemetry.resourceAttributes.values[].key",
        "spec.accessLog[].openTelemetry.resourceAttributes.values[].value.stringValue",
        "spec.accessLog[].openTelemetry.resourceAttributes.values[].value.arrayValue[]",
        "spec.accessLog[].openTelemetry.resourceAttributes.values[].value.kvListValue.values[]",
        by: .envoy(
          "OTLPLogTests",
          "a record has the body, the attributes of every shape and the resource attributes that the policy says"),
        .golden("policy-access-log-values")),
    ]

  // MARK: Filters

  private static let filters = [
    FieldProof(
      "spec.accessLog[].filter.statusCodeFilter.op", "spec.accessLog[].filter.statusCodeFilter.value",
      "spec.accessLog[].filter.durationFilter.op", "spec.accessLog[].filter.durationFilter.value",
      "spec.accessLog[].filter.notHealthCheckFilter", "spec.accessLog[].filter.traceableFilter",
      "spec.accessLog[].filter.headerFilter.header.type", "spec.accessLog[].filter.headerFilter.header.name",
      "spec.accessLog[].filter.headerFilter.header.value", "spec.accessLog[].filter.responseFlagFilter.flags[]",
      "spec.accessLog[].filter.grpcStatusFilter.statuses[]", "spec.accessLog[].filter.grpcStatusFilter.exclude",
      "spec.accessLog[].filter.celFilter.match",
      by: .envoy(
        "LogFilterTests",
        "a filter lets through the requests that it is for and no others, alone and wherever filters are joined"),
      .golden("policy-filters"))
  ]

  // MARK: Tracing

  private static let traceReceivers =
    receiver(
      "spec.tracing.provider.openTelemetry.grpcService", file: "TracingFieldTests",
      calls: "calls have the authority and the metadata that the policy says, and lack Envoy's headers if it says so",
      timeout: "an export of spans that the collector does not answer ends at its timeout",
      retries: "an export of spans whose collector is not there yet is tried again as the policy says",
      services: providers) + [
      FieldProof(
        "spec.tracing.provider.openTelemetry.grpcService.staticClusterName",
        by: .envoy("TracingFieldTests", providers),
        .envoy(
          "TracingFieldTests",
          "spans go over HTTP where the static cluster or the Service's port says so, with the same settings")),
      FieldProof("spec.tracing.provider.openTelemetry.serviceName", by: .envoy("TracingFieldTests", providers)),
      FieldProof(
        "spec.tracing.provider.openTelemetry.resourceDetectors[].environmentResourceDetector",
        by: .envoy(
          "TracingFieldTests", "the resource has what the proxy's environment says, if the policy asks for it")),
      FieldProof(
        "spec.tracing.provider.otel.grpcAddress",
        by: .envoy(
          "GuidePoliciesTests", "each of the three does what it says: access-log lines, OTLP log records, spans")),
    ]

  private static let providers =
    "the collector of spans can be an address, a static cluster or a Service, also a granted one"

  private static let tracing = [
    FieldProof(
      "spec.tracing.provider.openTelemetry.sampler.alwaysOnConfig",
      by: .envoy(
        "PropagationTests",
        "Envoy's percentages decide of a trusted caller's traces too; with the sampler that is always on, of all alike")
    ),
    FieldProof(
      "spec.tracing.samplingRate",
      by: .envoy("SamplingTests", "a decision that the caller leaves open is drawn at the sampling rate"),
      .golden("policy-tracing-receivers")),
    FieldProof(
      "spec.tracing.clientSampling", "spec.tracing.randomSampling", "spec.tracing.overallSampling",
      by: .envoy(
        "SamplingTests", "Envoy's own percentages decide of each request anew, and cut traces that the caller sampled")),
    FieldProof(
      "spec.tracing.incomingSampling",
      by: .envoy(
        "SamplingTests", "of an untrusted caller's traces the sampling rate keeps its share, whatever their flags say"),
      .envoy("PropagationTests", "a caller that is not trusted gives its ids, and the sampling rate decides")),
    FieldProof(
      "spec.tracing.propagators[]",
      by: .envoy(
        "PropagationTests",
        "the first listed format that a request carries is continued; the listed ones go on and no other")),
    FieldProof(
      "spec.tracing.customTags.*.literal", "spec.tracing.customTags.*.environment",
      "spec.tracing.customTags.*.requestHeader", "spec.tracing.attributes[].name",
      "spec.tracing.attributes[].literal.value", "spec.tracing.attributes[].environment.name",
      "spec.tracing.attributes[].environment.defaultValue", "spec.tracing.attributes[].requestHeader.name",
      "spec.tracing.attributes[].requestHeader.defaultValue", "spec.tracing.attributes[].metadata.kind",
      "spec.tracing.attributes[].metadata.metadataKey.key", "spec.tracing.attributes[].metadata.metadataKey.path[].key",
      "spec.tracing.attributes[].metadata.defaultValue",
      by: .envoy(
        "TracingFieldTests",
        "spans have the policy's attributes of every kind, or their defaults where there is no value"),
      .golden("policy-tracing-receivers")),
    FieldProof(
      "spec.tracing.verbose",
      by: .envoy(
        "TracingFieldTests",
        "a verbose span tells when the streams of its request began and ended to flow, and another one does not")),
    FieldProof(
      "spec.tracing.maxPathTagLength", "spec.tracing.spawnUpstreamSpan",
      by: .envoy(
        "TracingFieldTests",
        "a path is cut at maxPathTagLength, and a try has its own span if the policy says so")),
  ]

  // MARK: Metrics

  private static let metrics = [
    FieldProof(
      "spec.metrics.http.enabled",
      by: .envoy("RequestMetricsTests", "a policy switches the metrics of requests off"), .golden("metrics-off")),
    FieldProof(
      "spec.metrics.llm.enabled", "spec.metrics.llm.endpoints[].pathSuffix", "spec.metrics.llm.endpoints[].format",
      "spec.metrics.llm.endpoints[].provider",
      by: .envoy(
        "LLMMetricsTests",
        "other requests are left alone, a policy names paths of one's own, and without one nothing is measured")),
    FieldProof(
      "spec.metrics.llm.maxModels",
      by: .envoy(
        "LLMMetricsTests", "10,000 different models on as many paths are few series, and every call is counted")),
    FieldProof(
      "spec.metrics.labels[].name", "spec.metrics.labels[].requestHeader.name",
      "spec.metrics.labels[].requestHeader.values[]", "spec.metrics.labels[].format",
      by: .envoy(
        "RequestMetricsTests",
        "a policy's labels are on every metric of requests: a closed list of a header's values, a header, an operator"),
      .envoy(
        "RequestMetricsTests",
        "10,000 different paths, methods and header values make few series, and lose no count but that of a header's"),
      .golden("metrics-labels")),
  ]

  // MARK: Listener settings

  private static let settings = [
    FieldProof(
      "spec.upgradeConfig.enabledUpgrades[]",
      by: .setting("a connection becomes a websocket where the policy enables it, and is refused where it does not"),
      .setting("the method CONNECT makes a tunnel where the policy enables it, and is refused where it does not")),
    FieldProof(
      "spec.useRemoteAddress", "spec.xffNumTrustedHops",
      by: .setting(
        "the client's address is that of the connection, or that which X-Forwarded-For says if it is believed")),
    FieldProof(
      "spec.serverHeaderTransformation",
      by: .setting(
        "the server header of a response is Envoy's, the backend's, or Envoy's where the backend sends none")),
    FieldProof(
      "spec.streamIdleTimeout", "spec.idleTimeout",
      by: .setting(
        "a request that waits longer than streamIdleTimeout ends, and a connection longer without one is closed")),
    FieldProof(
      "spec.healthCheck.path",
      by: .setting("health checks are answered by the proxy, at their path alone, whatever the backends do")),
    FieldProof(
      "spec.preserveHttp1HeaderCase",
      by: .setting(
        "the names of headers keep their capitals on their way through, in both directions, if the policy says so")),
    FieldProof(
      "spec.acceptHttp10", "spec.defaultHostForHttp10",
      by: .setting(
        "requests of HTTP/1.0 are served if the policy says so, and one without a host is for the host it names"),
      .golden("policy-listener-settings")),
  ]

  // MARK: What several rows have in common

  /// How a receiver of telemetry is called, which three fields say in the same way.
  private static func receiver(
    _ path: String, file: String, calls: String, timeout: String, retries: String, services: String
  ) -> [FieldProof] {
    let backend = ["group", "kind", "name", "namespace", "port", "weight"].map { "\(path).backendRef.\($0)" }
    return [
      FieldProof(backend, [.envoy(file, services), .golden("policy-backends")]),
      FieldProof(
        ["authority", "skipEnvoyHeaders", "initialMetadata[].key", "initialMetadata[].value"].map { "\(path).\($0)" },
        [.envoy(file, calls)]),
      FieldProof(["\(path).timeout"], [.envoy(file, timeout)]),
      FieldProof(
        ["retryBackOff.baseInterval", "retryBackOff.maxInterval", "numRetries"].map { "\(path).retryPolicy.\($0)" },
        [.envoy(file, retries)]),
      FieldProof(
        ["\(path).maxReceiveMessageLength"],
        [
          .envoy(
            "ReceiverLimitTests",
            "a receiver's answer that is longer than the policy allows ends the call, and one within it does not")
        ]),
    ]
  }

  private init(_ fields: [String], _ proofs: [Proof]) {
    self.fields = fields
    self.proofs = proofs
  }
}

extension FieldProof.Proof {
  fileprivate static func envoy(_ file: String, _ name: String) -> Self { .test(file: file, name: name) }

  fileprivate static func setting(_ name: String) -> Self { .test(file: "ListenerSettingTests", name: name) }
}
