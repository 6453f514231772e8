/// Manifests as people write them.
enum Manifests {
  static let gateway = """
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata:
      name: web
      namespace: shop
    spec:
      gatewayClassName: kgateway
      listeners:
      - name: http
        port: 8080
        protocol: HTTP

    """

  static let service = """
    apiVersion: v1
    kind: Service
    metadata:
      name: cart
      namespace: shop
    spec:
      ports:
      - name: http
        port: 80

    """

  static let route = """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata:
      name: cart
      namespace: shop
    spec:
      parentRefs:
      - name: web
      rules:
      - backendRefs:
        - name: cart
          port: 80

    """

  /// A policy on `shop/web`, with these lines as the rest of its spec.
  static func policy(named name: String = "logs", target: String = "web", _ spec: String) -> String {
    """
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata:
      name: \(name)
      namespace: shop
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        name: \(target)
    \(spec.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }.joined(separator: "\n"))

    """
  }

  /// A policy that logs to a file.
  static func fileLog(named name: String = "logs", target: String = "web", to path: String = "/dev/stdout") -> String {
    policy(
      named: name, target: target,
      """
      accessLog:
      - fileSink:
          path: \(path)
          jsonFormat:
            method: "%REQ(:METHOD)%"
      """)
  }

  static func namespace(_ name: String, label: String = "x") -> String {
    "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: \(name)\n  labels:\n    team: \(label)\n"
  }

  static func documents(_ texts: String...) -> String { texts.joined(separator: "---\n") }
}
