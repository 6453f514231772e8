package import KubernetesClient

extension APIResource {
  package static let serviceAccounts = APIResource(
    group: "", version: "v1", plural: "serviceaccounts", kind: "ServiceAccount")
  package static let configMaps = APIResource(group: "", version: "v1", plural: "configmaps", kind: "ConfigMap")
  package static let services = APIResource(group: "", version: "v1", plural: "services", kind: "Service")
  package static let deployments = APIResource(
    group: "apps", version: "v1", plural: "deployments", kind: "Deployment")
  package static let horizontalPodAutoscalers = APIResource(
    group: "autoscaling", version: "v2", plural: "horizontalpodautoscalers", kind: "HorizontalPodAutoscaler")
  package static let podDisruptionBudgets = APIResource(
    group: "policy", version: "v1", plural: "poddisruptionbudgets", kind: "PodDisruptionBudget")

  /// Every kind of object that a Gateway's proxies consist of.
  package static let managed = [
    serviceAccounts, configMaps, services, deployments, horizontalPodAutoscalers, podDisruptionBudgets,
  ]

  var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
}
