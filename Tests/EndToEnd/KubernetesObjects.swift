import APIServerDouble

/// The objects that tests put into a cluster: those that the guide's policies are written for.
enum Objects {
  static let namespace = "kgateway-system"
  static let gatewayName = "agentgateway-proxy"
  static let gatewayGroup = "gateway.networking.k8s.io"
  static let policyGroup = "gateway.kgateway.dev"
  static let controllerName = "kgateway.dev/kgateway"

  /// A Gateway with one HTTP listener.
  static func gateway(_ name: String = gatewayName, port: Int, className: String = "agentgateway") -> JSONValue {
    [
      "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": metadata(name),
      "spec": [
        "gatewayClassName": .string(className),
        "listeners": [["name": "http", "protocol": "HTTP", "port": .integer(Int64(port))]],
      ],
    ]
  }

  static func gatewayClass(_ name: String = "agentgateway", controllerName: String = controllerName) -> JSONValue {
    [
      "apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": ["name": .string(name)],
      "spec": ["controllerName": .string(controllerName)],
    ]
  }

  /// A route of all paths below `path` to a Service.
  static func route(
    _ name: String = "demo", path: String = "/", to service: String = "demo-backend", gateway: String = gatewayName
  ) -> JSONValue {
    [
      "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata(name),
      "spec": [
        "parentRefs": [["name": .string(gateway)]],
        "rules": [
          [
            "matches": [["path": ["type": "PathPrefix", "value": .string(path)]]],
            "backendRefs": [["name": .string(service), "port": 8080]],
          ]
        ],
      ],
    ]
  }

  static func service(_ name: String = "demo-backend") -> JSONValue {
    [
      "apiVersion": "v1", "kind": "Service", "metadata": metadata(name),
      "spec": ["ports": [["name": "http", "port": 8080, "targetPort": "http"]]],
    ]
  }

  /// The one endpoint of a Service, on this machine.
  static func endpoints(of service: String = "demo-backend", port: Int) -> JSONValue {
    var object: JSONValue = [
      "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata("\(service)-1"),
      "addressType": "IPv4",
      "ports": [["name": "http", "port": .integer(Int64(port)), "protocol": "TCP"]],
      "endpoints": [["addresses": ["127.0.0.1"], "conditions": ["ready": true]]],
    ]
    object[["metadata", "labels"]] = ["kubernetes.io/service-name": .string(service)]
    return object
  }

  /// A Gateway, and a route of all paths below `path` to one backend.
  static func application(listenerPort: Int, backendPort: Int, path: String = "/") -> [JSONValue] {
    [gatewayClass(), gateway(port: listenerPort), service(), endpoints(port: backendPort), route(path: path)]
  }

  /// A policy for the Gateway whose spec has, beside its target, these members.
  static func policy(_ name: String, target: String = gatewayName, _ spec: JSONObject) -> JSONValue {
    var object: JSONValue = [
      "apiVersion": "gateway.kgateway.dev/v1alpha1", "kind": "HTTPListenerPolicy", "metadata": metadata(name),
      "spec": ["targetRefs": [["group": .string(gatewayGroup), "kind": "Gateway", "name": .string(target)]]],
    ]
    for (key, value) in spec { object[["spec", key]] = value }
    return object
  }

  /// A policy that writes an access log with these keys to the proxy's standard output.
  static func accessLog(
    _ name: String, target: String = gatewayName, _ jsonFormat: JSONValue
  ) -> JSONValue {
    policy(name, target: target, ["accessLog": [["fileSink": ["path": "/dev/stdout", "jsonFormat": jsonFormat]]]])
  }

  /// A policy that traces to an OTLP receiver.
  static func tracing(_ name: String, address: String, samplingRate: JSONValue = 100) -> JSONValue {
    policy(
      name,
      [
        "tracing": [
          "provider": ["otel": ["grpcAddress": .string(address)]], "samplingRate": samplingRate,
          "propagators": ["W3C_TRACE_CONTEXT", "B3"],
        ]
      ])
  }

  private static func metadata(_ name: String) -> JSONValue {
    ["name": .string(name), "namespace": .string(namespace)]
  }
}

extension [JSONValue] {
  /// The documents one after the other, as `kubectl apply` reads them.
  var documents: String { map(\.jsonText).joined(separator: "\n---\n") }
}
