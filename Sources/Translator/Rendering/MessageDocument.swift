import EnvoyAPI
package import JSON
package import SwiftProtobuf

/// Envoy's messages as JSON values, with the field names of the `.proto` files, as Envoy's own files write them.
package enum MessageDocument {
  /// The message in protobuf's JSON form; packed messages are opened.
  ///
  /// - Throws: SwiftProtobuf's error for a packed message of a type that is not known here.
  package static func value(of message: some Message) throws -> JSONValue {
    _ = packedTypes
    var options = JSONEncodingOptions()
    options.preserveProtoFieldNames = true
    options.useDeterministicOrdering = true
    var reader = JSONReader(try message.jsonUTF8Bytes(options: options) as [UInt8])
    return sortingStructs(in: try reader.readValue())
  }

  /// The fields that are, or hold, a `google.protobuf.Struct`, whose members SwiftProtobuf writes in no order.
  private static let structFields: Set<String> = [
    "filter_context", "filter_metadata", "json_format", "metadata", "static_layer",
  ]

  private static func sortingStructs(in value: JSONValue, isStruct: Bool = false) -> JSONValue {
    switch value {
    case .array(let elements): return .array(elements.map { sortingStructs(in: $0, isStruct: isStruct) })
    case .object(let members):
      let inner = members.map { member in
        let isStruct = isStruct || structFields.contains(member.key)
        return JSONMember(key: member.key, value: sortingStructs(in: member.value, isStruct: isStruct))
      }
      return .object(isStruct ? inner.sorted { $0.key < $1.key } : inner)
    case .null, .bool, .integer, .number, .string: return value
    }
  }

  /// Everything that is ever packed into an `Any`: JSON names such a message's fields, so its type must be registered.
  private static let packedTypes: Void = {
    let types: [any Message.Type] = [
      Envoy_Config_Cluster_V3_Cluster.self,
      Envoy_Config_Endpoint_V3_ClusterLoadAssignment.self,
      Envoy_Config_Listener_V3_Listener.self,
      Envoy_Config_Route_V3_RouteConfiguration.self,
      Envoy_Config_Trace_V3_OpenTelemetryConfig.self,
      Envoy_Extensions_AccessLoggers_File_V3_FileAccessLog.self,
      Envoy_Extensions_AccessLoggers_Filters_Cel_V3_ExpressionFilter.self,
      Envoy_Extensions_AccessLoggers_Grpc_V3_HttpGrpcAccessLogConfig.self,
      Envoy_Extensions_AccessLoggers_OpenTelemetry_V3_OpenTelemetryAccessLogConfig.self,
      Envoy_Extensions_AccessLoggers_Stats_V3_Config.self,
      Envoy_Extensions_Compression_Brotli_Decompressor_V3_Brotli.self,
      Envoy_Extensions_Compression_Gzip_Decompressor_V3_Gzip.self,
      Envoy_Extensions_Compression_Zstd_Decompressor_V3_Zstd.self,
      Envoy_Extensions_Filters_Http_Composite_V3_Composite.self,
      Envoy_Extensions_Filters_Http_Composite_V3_ExecuteFilterAction.self,
      Envoy_Extensions_Filters_Http_CredentialInjector_V3_CredentialInjector.self,
      Envoy_Extensions_Filters_Http_Decompressor_V3_Decompressor.self,
      Envoy_Extensions_Filters_Http_HeaderMutation_V3_HeaderMutation.self,
      Envoy_Extensions_Filters_Http_HealthCheck_V3_HealthCheck.self,
      Envoy_Extensions_Filters_Http_Lua_V3_Lua.self,
      Envoy_Extensions_Filters_Http_Router_V3_Router.self,
      Envoy_Extensions_Filters_Http_UpstreamCodec_V3_UpstreamCodec.self,
      Envoy_Extensions_Filters_Network_ConnectionLimit_V3_ConnectionLimit.self,
      Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager.self,
      Envoy_Extensions_Http_EarlyHeaderMutation_HeaderMutation_V3_HeaderMutation.self,
      Envoy_Extensions_Http_HeaderFormatters_PreserveCase_V3_PreserveCaseFormatterConfig.self,
      Envoy_Extensions_Http_InjectedCredentials_Generic_V3_Generic.self,
      Envoy_Extensions_ResourceMonitors_DownstreamConnections_V3_DownstreamConnectionsConfig.self,
      Envoy_Extensions_ResourceMonitors_FixedHeap_V3_FixedHeapConfig.self,
      Envoy_Extensions_Tracers_Opentelemetry_ResourceDetectors_V3_EnvironmentResourceDetectorConfig.self,
      Envoy_Extensions_Tracers_Opentelemetry_Samplers_V3_AlwaysOnSamplerConfig.self,
      Envoy_Extensions_Tracers_Opentelemetry_Samplers_V3_ParentBasedSamplerConfig.self,
      Envoy_Extensions_Tracers_Opentelemetry_Samplers_V3_TraceIdRatioBasedSamplerConfig.self,
      Envoy_Extensions_TransportSockets_Tls_V3_Secret.self,
      Envoy_Extensions_TransportSockets_Tls_V3_UpstreamTlsContext.self,
      Envoy_Extensions_Upstreams_Http_V3_HttpProtocolOptions.self,
      Envoy_Extensions_Wasm_V3_WasmService.self,
      Envoy_Type_Matcher_V3_HttpRequestHeaderMatchInput.self,
    ]
    for type in types { Google_Protobuf_Any.register(messageType: type) }
  }()
}
