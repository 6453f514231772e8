package import KubernetesClient

/// A kind of which a Gateway's deployment has objects, in the order in which they are applied: what a pod needs comes
/// before what makes pods.
package enum ManagedKind: String, CaseIterable, Hashable, Sendable {
  case serviceAccount = "ServiceAccount"
  case configMap = "ConfigMap"
  case service = "Service"
  case deployment = "Deployment"
  case horizontalPodAutoscaler = "HorizontalPodAutoscaler"
  case podDisruptionBudget = "PodDisruptionBudget"

  /// Where the API server keeps them.
  package var resource: APIResource {
    switch self {
    case .serviceAccount: APIResource(group: "", version: "v1", plural: "serviceaccounts", kind: rawValue)
    case .configMap: APIResource(group: "", version: "v1", plural: "configmaps", kind: rawValue)
    case .service: APIResource(group: "", version: "v1", plural: "services", kind: rawValue)
    case .deployment: APIResource(group: "apps", version: "v1", plural: "deployments", kind: rawValue)
    case .horizontalPodAutoscaler:
      APIResource(group: "autoscaling", version: "v2", plural: "horizontalpodautoscalers", kind: rawValue)
    case .podDisruptionBudget:
      APIResource(group: "policy", version: "v1", plural: "poddisruptionbudgets", kind: rawValue)
    }
  }
}
