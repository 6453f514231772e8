import Deployer
import JSON
import KubernetesAPI
import KubernetesClient

/// Objects such as a Gateway runs on, made by hand: the applying part does not care what they are for.
enum Documents {
  /// What of them can be turned.
  struct Wish {
    var image = "envoy:1"
    var replicas: Int? = 2
    var cpu = "500m"
    var variables = ["A"]
    var serviceType = "ClusterIP"
    var isAutoscaled = false
  }

  /// A ServiceAccount, a ConfigMap, a Service and a Deployment, and a HorizontalPodAutoscaler if asked for.
  static func objects(of gateway: String, namespace: String = "shop", _ wish: Wish = Wish()) -> [ManagedObject] {
    let variables = wish.variables.map { #"{"name": "\#($0)", "value": "\#($0)"}"# }.joined(separator: ", ")
    let replicas = wish.replicas.map { #""replicas": \#($0),"# } ?? ""
    var objects = [
      object(
        .deployment, gateway, namespace,
        """
        "spec": {\(replicas) "selector": {"matchLabels": {"gateway": "\(gateway)"}}, "template": {
          "metadata": {"labels": {"gateway": "\(gateway)"}},
          "spec": {
            "serviceAccountName": "\(gateway)",
            "containers": [{
              "name": "envoy", "image": "\(wish.image)", "env": [\(variables)],
              "ports": [{"name": "metrics", "containerPort": 9091}],
              "readinessProbe": {"httpGet": {"path": "/ready", "port": 9094}},
              "resources": {"limits": {"cpu": "\(wish.cpu)", "memory": "1024Mi"}},
              "volumeMounts": [{"name": "token", "mountPath": "/var/run/secrets/kgateway"}]
            }],
            "volumes": [
              {"name": "token", "projected": {"sources": [
                {"serviceAccountToken": {"audience": "kgateway", "path": "token"}}]}},
              {"name": "config", "configMap": {"name": "\(gateway)"}}]
          }}}
        """),
      object(.serviceAccount, gateway, namespace, #""automountServiceAccountToken": false"#),
      object(.configMap, gateway, namespace, #""data": {"envoy.json": "{}"}"#),
      object(
        .service, gateway, namespace,
        """
        "spec": {"type": "\(wish.serviceType)", "selector": {"gateway": "\(gateway)"},
          "ports": [{"name": "http", "port": 80, "targetPort": 10080}]}
        """),
    ]
    if wish.isAutoscaled {
      objects.append(
        object(
          .horizontalPodAutoscaler, gateway, namespace,
          """
          "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "\(gateway)"},
            "minReplicas": 2, "maxReplicas": 10}
          """))
    }
    return objects
  }

  private static func object(
    _ kind: ManagedKind, _ name: String, _ namespace: String, _ members: String
  ) -> ManagedObject {
    let resource = kind.resource
    let text = """
      {"apiVersion": "\(resource.apiVersion)", "kind": "\(resource.kind)", "metadata": {
        "name": "\(name)", "namespace": "\(namespace)",
        "labels": {"app.kubernetes.io/managed-by": "kgateway", "gateway.networking.k8s.io/gateway-name": "\(name)"}},
       \(members)}
      """
    var reader = JSONReader(Array(text.utf8))
    return ManagedObject(
      kind, NamespacedName(namespace: namespace, name: name), document: (try? reader.readValue()) ?? .null)
  }
}
