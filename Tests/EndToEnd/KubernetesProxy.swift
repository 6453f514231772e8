import RealComponents

/// A real Envoy that takes its configuration from an operator, as the proxy of a Gateway does in a cluster.
struct KubernetesProxy {
  let process: ChildProcess
  /// That of its admin interface.
  let adminPort: Int

  /// Runs the proxy for the time of the body.
  ///
  /// - Parameters:
  ///   - arguments: of Envoy, besides those that it needs.
  ///   - authorities: a file with those that it trusts, to connect over TLS; nil for plain text.
  static func withRunning<Result>(
    of gateway: String = "\(Objects.namespace)/\(Objects.gatewayName)", controlPlane kgateway: KubernetesOperator,
    arguments others: [String] = [], trusting authorities: String? = nil,
    _ body: (KubernetesProxy) async throws -> Result
  ) async throws -> Result {
    try await withRunning(
      of: gateway, controlPlanePort: kgateway.xdsPort, arguments: others, trusting: authorities, body)
  }

  /// As above, with the port of a control plane that need not be there yet.
  static func withRunning<Result>(
    of gateway: String = "\(Objects.namespace)/\(Objects.gatewayName)", controlPlanePort: Int,
    arguments others: [String] = [], trusting authorities: String? = nil,
    _ body: (KubernetesProxy) async throws -> Result
  ) async throws -> Result {
    let adminPort = try LoopbackPorts.free()
    let arguments = [
      "--config-yaml", bootstrap(adminPort: adminPort, controlPlanePort: controlPlanePort, authorities),
      "--service-cluster", gateway, "--service-node", "proxy-of-the-test",
      "--use-dynamic-base-id", "--concurrency", "2", "--log-level", "warning", "--file-flush-interval-msec", "50",
    ]
    return try await withProcess(RealComponent.envoy.path(), arguments + others) { process in
      try await body(KubernetesProxy(process: process, adminPort: adminPort))
    }
  }

  /// All that a proxy needs to be told: where its configuration comes from.
  private static func bootstrap(adminPort: Int, controlPlanePort: Int, _ authorities: String?) -> String {
    """
    admin: {address: {socket_address: {address: 127.0.0.1, port_value: \(adminPort)}}}
    dynamic_resources:
      ads_config:
        api_type: DELTA_GRPC
        transport_api_version: V3
        set_node_on_first_message_only: true
        grpc_services:
        - envoy_grpc: {cluster_name: control-plane}
          retry_policy: {retry_back_off: {base_interval: 0.5s, max_interval: 5s}}
      cds_config: {ads: {}, resource_api_version: V3}
      lds_config: {ads: {}, resource_api_version: V3}
    static_resources:
      clusters:
      - name: control-plane
        type: STATIC
        connect_timeout: 1s
        typed_extension_protocol_options:
          envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
            "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
            explicit_http_config: {http2_protocol_options: {}}
    \(authorities.map(transportSocket) ?? "")
        load_assignment:
          cluster_name: control-plane
          endpoints:
          - lb_endpoints:
            - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: \(controlPlanePort)}}}
    """
  }

  /// In the clusters' items, so indented as they are.
  private static func transportSocket(trusting authorities: String) -> String {
    """
        transport_socket:
          name: envoy.transport_sockets.tls
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
            common_tls_context:
              alpn_protocols: [h2]
              validation_context:
                trusted_ca: {filename: "\(authorities)"}
                match_typed_subject_alt_names: [{san_type: IP_ADDRESS, matcher: {exact: 127.0.0.1}}]
    """
  }
}
