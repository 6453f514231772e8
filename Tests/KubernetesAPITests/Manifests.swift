/// Manifests as people write them.
enum Manifests {
  /// The three policies of the observability guide.
  static let guide = """
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata:
      name: access-logging
      namespace: kgateway-system
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        name: agentgateway-proxy
      accessLog:
      - fileSink:
          path: /dev/stdout
          jsonFormat:
            timestamp: "%START_TIME%"
            request_id: "%REQ(X-REQUEST-ID)%"
            method: "%REQ(:METHOD)%"
            path: "%REQ(:PATH)%"
            protocol: "%PROTOCOL%"
            response_code: "%RESPONSE_CODE%"
            response_flags: "%RESPONSE_FLAGS%"
            bytes_received: "%BYTES_RECEIVED%"
            bytes_sent: "%BYTES_SENT%"
            duration: "%DURATION%"
            upstream_host: "%UPSTREAM_HOST%"
            upstream_cluster: "%UPSTREAM_CLUSTER%"
            user_agent: "%REQ(USER-AGENT)%"
    ---
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata:
      name: otel-access-logging
      namespace: kgateway-system
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        name: agentgateway-proxy
      accessLog:
      - grpcService:
          logName: otel_access_log
          staticClusterName: otel-collector
    ---
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata:
      name: tracing
      namespace: kgateway-system
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        name: agentgateway-proxy
      tracing:
        provider:
          otel:
            grpcAddress: otel-collector.telemetry:4317
        samplingRate: 100  # 100% sampling for testing, reduce in production
        propagators:
        - W3C_TRACE_CONTEXT
        - B3
    """

  /// The guide's custom span attributes, in a policy around them.
  static let customTags = """
    apiVersion: gateway.kgateway.dev/v1alpha1
    kind: HTTPListenerPolicy
    metadata: {name: custom-tags, namespace: kgateway-system}
    spec:
      targetRefs:
      - {group: gateway.networking.k8s.io, kind: Gateway, name: agentgateway-proxy}
      tracing:
        provider:
          otel:
            grpcAddress: otel-collector.telemetry:4317
        customTags:
          environment:
            literal: "production"
          cluster:
            environment: "CLUSTER_NAME"
          request_id:
            requestHeader: "x-request-id"
    """

  static let route = """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata:
      name: web
      namespace: shop
      creationTimestamp: "2026-11-23T10:01:45+01:00"
    spec:
      parentRefs:
      - name: proxy
        namespace: infra
        sectionName: http
      hostnames: [shop.example.com, "*.shop.example.com"]
      rules:
      - name: first
        matches:
        - path: {type: Exact, value: /login}
          method: POST
          headers:
          - {name: x-tenant, value: "1"}
          queryParams:
          - {name: debug, value: "on", type: Exact}
        - path: {value: /api}
        backendRefs:
        - {name: api, port: 8080, weight: 90}
        - {name: api-next, namespace: next, port: 8080, weight: 0}
        filters: []
      - backendRefs:
        - name: web
          port: 80
    """

  static let unsupportedRoute = """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: rich, namespace: shop}
    spec:
      parentRefs: [{name: proxy}]
      rules:
      - backendRefs: [{name: web, port: 80}]
      - matches:
        - path: {type: RegularExpression, value: "/v[0-9]+"}
          headers: [{name: a, value: b}, {name: x, value: y.*, type: RegularExpression}]
        filters:
        - type: RequestHeaderModifier
          requestHeaderModifier: {add: [{name: a, value: b}]}
        - type: URLRewrite
        timeouts: {request: 10s}
        retry: {attempts: 3}
        backendRefs:
        - name: web
          port: 80
          filters: [{type: RequestMirror}]
        futureField: 7
    """

  static let backend = """
    apiVersion: v1
    kind: Service
    metadata: {name: web, namespace: shop}
    spec:
      clusterIP: 10.0.0.7
      ports:
      - {name: http, port: 80, targetPort: web, protocol: TCP, appProtocol: kubernetes.io/h2c}
      - {name: dns, port: 53, targetPort: 5353, protocol: UDP}
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata:
      name: web-x7k2p
      namespace: shop
      labels: {kubernetes.io/service-name: web}
    addressType: IPv4
    ports:
    - {name: http, port: 8080, protocol: TCP}
    endpoints:
    - addresses: [10.1.0.4]
      conditions: {ready: true, serving: true, terminating: false}
      nodeName: a
      targetRef: {kind: Pod, name: web-1, namespace: shop}
    - addresses: [10.1.0.5]
      conditions: {ready: false}
    - addresses: [10.1.0.6]
    ---
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
      labels: {team: a, kubernetes.io/metadata.name: shop}
    spec: {finalizers: [kubernetes]}
    status: {phase: Active}
    ---
    apiVersion: gateway.networking.k8s.io/v1beta1
    kind: ReferenceGrant
    metadata: {name: from-shop, namespace: next}
    spec:
      from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}]
      to: [{group: "", kind: Service}, {group: "", kind: Service, name: api}]
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: GatewayClass
    metadata: {name: kgateway}
    spec:
      controllerName: kgateway.dev/kgateway
      description: ours
    """

  static let gateway = """
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: {name: proxy, namespace: infra}
    spec:
      gatewayClassName: kgateway
      listeners:
      - {name: same, port: 80, protocol: HTTP}
      - {name: empty-host, hostname: "", port: 80, protocol: HTTP}
      - name: all
        hostname: "*.example.com"
        port: 8080
        protocol: HTTP
        allowedRoutes:
          namespaces: {from: All}
          kinds: [{kind: HTTPRoute}]
      - name: some
        port: 8443
        protocol: HTTPS
        tls: {mode: Terminate, certificateRefs: [{name: cert}]}
        allowedRoutes:
          namespaces:
            from: Selector
            selector:
              matchLabels: {team: a}
              matchExpressions: [{key: env, operator: In, values: [prod]}]
      - {name: none, port: 81, protocol: HTTP, allowedRoutes: {namespaces: {from: None}}}
    """
}
