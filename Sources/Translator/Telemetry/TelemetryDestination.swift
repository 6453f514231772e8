import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// A receiver of logs or spans: the cluster, and how Envoy is to speak to it.
struct TelemetryDestination {
  /// What the receiver speaks, as far as its own description says.
  let wireProtocol: StaticCluster.WireProtocol
  let cluster: Envoy_Config_Cluster_V3_Cluster
  /// The endpoints that the cluster asks for; nil for a cluster that carries its address.
  let endpoints: EndpointReference?
  /// `HOST:PORT`, for the requests of OTLP over HTTP.
  let host: String
  let options: TelemetryOptions

  init(
    _ wireProtocol: StaticCluster.WireProtocol, _ cluster: Envoy_Config_Cluster_V3_Cluster,
    endpoints: EndpointReference? = nil, host: String, options: TelemetryOptions = TelemetryOptions()
  ) {
    self.wireProtocol = wireProtocol
    self.cluster = cluster
    self.endpoints = endpoints
    self.host = host
    self.options = options
  }

  /// Finds the receiver that a policy names; nil if there was a fault.
  ///
  /// - Parameters:
  ///   - path: of the object that names it: `spec.accessLog[0].grpcService`.
  ///   - backendProtocol: what a Service is taken to speak, if it does not say that it is OTLP over HTTP.
  static func resolve(
    _ service: HTTPListenerPolicy.TelemetryService, at path: String, in context: PolicyContext,
    backendProtocol: StaticCluster.WireProtocol, _ faults: inout [FieldFault]
  ) -> TelemetryDestination? {
    let isSet: KeyValuePairs = [
      "backendRef": service.backendRef != nil, "staticClusterName": service.staticClusterName != nil,
    ]
    guard
      FieldCheck.exactlyOne(of: isSet, at: path, hint: "static clusters: \(known(context.settings))", &faults)
    else { return nil }
    let options = TelemetryOptions(service, at: path, &faults)
    if let name = service.staticClusterName {
      return staticCluster(name, options, at: path + ".staticClusterName", in: context, &faults)
    }
    guard let reference = service.backendRef else { return nil }
    return backend(reference, options, backendProtocol, at: path + ".backendRef", in: context, &faults)
  }

  private static func staticCluster(
    _ name: String, _ options: TelemetryOptions, at path: String, in context: PolicyContext,
    _ faults: inout [FieldFault]
  ) -> TelemetryDestination? {
    let clusters = context.settings.staticClusters
    guard let target = clusters.first(where: { $0.name == name }) else {
      let question = nearestName(to: name, among: clusters.map(\.name)).map { "did you mean \"\($0)\"? " } ?? ""
      faults.add(path, "unknown static cluster \"\(name)\"; \(question)known: \(known(context.settings))")
      return nil
    }
    return TelemetryDestination(
      target.wireProtocol, TelemetryCluster.make(target, settings: context.settings, timeout: options.timeout),
      host: HostPort(host: target.host, port: target.port).description, options: options)
  }

  private static func known(_ settings: TranslatorSettings) -> String {
    let names = settings.staticClusters.map(\.name).sorted()
    return names.isEmpty
      ? "none (start the control plane with --static-cluster NAME=HOST:PORT)" : names.joined(separator: ", ")
  }

  private static func backend(
    _ reference: HTTPRoute.BackendReference, _ options: TelemetryOptions,
    _ wireProtocol: StaticCluster.WireProtocol, at path: String, in context: PolicyContext,
    _ faults: inout [FieldFault]
  ) -> TelemetryDestination? {
    let backend: Backend
    do throws(BackendFault) {
      backend = try context.backends.resolve(reference, from: context.gateway.namespace, of: .httpListenerPolicy)
    } catch {
      faults.append(FieldFault("\(path).\(error.field)", error.message, reason: .init(error.reason)))
      return nil
    }
    let isHTTP = wireProtocol == .otlp && backend.saysOTLPOverHTTP
    let service = backend.endpoints.service
    return TelemetryDestination(
      isHTTP ? .otlpHTTP : wireProtocol,
      TelemetryCluster.make(backend, speaksHTTP1: isHTTP, timeout: isHTTP ? nil : options.timeout),
      endpoints: backend.endpoints, host: "\(service.name).\(service.namespace):\(backend.endpoints.port)",
      options: options)
  }

  // MARK: How Envoy is to speak to it

  var grpcService: Envoy_Config_Core_V3_GrpcService {
    options.grpcService(cluster: cluster.name)
  }

  /// - Parameter path: `/v1/logs` or `/v1/traces` (OTLP specification, "OTLP/HTTP Request").
  func httpService(path: String) -> Envoy_Config_Core_V3_HttpService {
    options.httpService(cluster: cluster.name, uri: "http://\(options.authority ?? host)\(path)")
  }

  /// Tells options that do not go with the protocol.
  func checkOptions(at path: String, _ faults: inout [FieldFault]) {
    options.checkFormats(at: path, isHTTP: wireProtocol == .otlpHTTP, &faults)
    guard wireProtocol == .otlpHTTP else { return }
    for name in options.namesForGRPCOnly {
      faults.add("\(path).\(name)", "is for gRPC, and the receiver speaks OTLP over HTTP; remove it")
    }
  }
}

extension Backend {
  /// A Service says so by `appProtocol: http`, or, without any, by the name that the port has in the OpenTelemetry
  /// collector's own chart.
  fileprivate var saysOTLPOverHTTP: Bool {
    appProtocol.map { $0 == "http" } ?? (endpoints.portName == "otlp-http")
  }
}
