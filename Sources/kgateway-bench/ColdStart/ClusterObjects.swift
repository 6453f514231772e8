import KubernetesAPI
import KubernetesClient

/// The objects of a large cluster as their JSON, one line each, with as much around what is read as real ones have.
struct ClusterObjects {
  let lines: [String]

  var count: Int { lines.count }

  /// The paths of the lists that the operator reads.
  static var lists: [String] { KubernetesKind.allCases.map { APIResource($0).path() } }

  /// - Parameters:
  ///   - routes: whether each Gateway has ten routes.
  ///   - endpoints: whether there are Services with twenty EndpointSlices for each Gateway.
  init(gateways: Int, routes: Bool, endpoints: Bool) {
    // Where the Lease is.
    var lines = [#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kgateway-system"}}"#]
    for index in 0..<gateways {
      let name = "gateway-\(index)"
      let namespace = "team-\(index % 50)"
      lines.append(Self.gateway(name, namespace))
      for number in 0..<10 {
        lines.append(Self.policy("\(name)-policy-\(number)", namespace, gateway: name, number: number))
        guard routes else { continue }
        lines.append(Self.route("\(name)-route-\(number)", namespace, gateway: name, number: number))
      }
      guard endpoints else { continue }
      for number in 0..<10 { lines.append(Self.service("\(name)-service-\(number)", namespace)) }
      for number in 0..<20 {
        lines.append(
          Self.slice("\(name)-slice-\(number)", namespace, service: "\(name)-service-\(number % 10)", number))
      }
    }
    self.lines = lines
  }

  private static func object(
    _ apiVersion: String, _ kind: String, _ name: String, _ namespace: String, labels: String = "", _ rest: String
  ) -> String {
    """
    {"apiVersion":"\(apiVersion)","kind":"\(kind)","metadata":{"name":"\(name)","namespace":"\(namespace)",\
    "labels":{"app.kubernetes.io/name":"\(name)","app.kubernetes.io/managed-by":"Helm","team":"\(namespace)"\(labels)},\
    "annotations":{"meta.helm.sh/release-name":"\(name)","meta.helm.sh/release-namespace":"\(namespace)"}},\(rest)}
    """
  }

  private static func gateway(_ name: String, _ namespace: String) -> String {
    object(
      "gateway.networking.k8s.io/v1", "Gateway", name, namespace,
      #""spec":{"gatewayClassName":"kgateway","listeners":[{"name":"http","port":8080,"protocol":"HTTP"}]}"#)
  }

  private static func route(_ name: String, _ namespace: String, gateway: String, number: Int) -> String {
    let backend = #""backendRefs":[{"name":"\#(gateway)-service-\#(number)","port":80}]"#
    return object(
      "gateway.networking.k8s.io/v1", "HTTPRoute", name, namespace,
      """
      "spec":{"parentRefs":[{"name":"\(gateway)"}],"hostnames":["host-\(number).\(gateway).example.com"],"rules":[\
      {"matches":[{"path":{"type":"PathPrefix","value":"/api"}}],\(backend)},\
      {"matches":[{"path":{"type":"Exact","value":"/health"},"headers":[{"name":"x-probe","value":"1"}]}],\(backend)}]}
      """)
  }

  /// Of a Gateway's ten, three differ in what they set; the others set what the first does, and have no effect.
  private static func policy(_ name: String, _ namespace: String, gateway: String, number: Int) -> String {
    let target = #""targetRefs":[{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"\#(gateway)"}]"#
    let rest =
      switch number {
      case 1: #""tracing":{"provider":{"otel":{"grpcAddress":"collector.telemetry:4317"}},"samplingRate":10}"#
      case 2: #""serverHeaderTransformation":"PassThrough","xffNumTrustedHops":1"#
      default:
        """
        "accessLog":[{"fileSink":{"path":"/dev/stdout","jsonFormat":{"timestamp":"%START_TIME%","method":"%REQ(:METHOD)%",\
        "path":"%REQ(:PATH)%","response_code":"%RESPONSE_CODE%","duration":"%DURATION%","policy":"\(name)"}}}]
        """
      }
    return object(
      "gateway.kgateway.dev/v1alpha1", "HTTPListenerPolicy", name, namespace, #""spec":{\#(target),\#(rest)}"#)
  }

  private static func service(_ name: String, _ namespace: String) -> String {
    object(
      "v1", "Service", name, namespace,
      #""spec":{"selector":{"app":"\#(name)"},"ports":[{"name":"http","port":80,"targetPort":8080,"protocol":"TCP"}]}"#)
  }

  private static func slice(_ name: String, _ namespace: String, service: String, _ number: Int) -> String {
    let endpoints = (0..<3).map { index in
      """
      {"addresses":["10.\(number).\(index).\(abs(name.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) % 251 }))"],\
      "conditions":{"ready":true,"serving":true,"terminating":false},"nodeName":"node-\(index)",\
      "targetRef":{"kind":"Pod","name":"\(service)-\(index)","namespace":"\(namespace)"},"zone":"zone-\(index)"}
      """
    }
    return object(
      "discovery.k8s.io/v1", "EndpointSlice", name, namespace, labels: ",\"kubernetes.io/service-name\":\"\(service)\"",
      """
      "addressType":"IPv4","ports":[{"name":"http","port":8080,"protocol":"TCP"}],\
      "endpoints":[\(endpoints.joined(separator: ","))]
      """)
  }
}
