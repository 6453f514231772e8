import KubernetesAPI
import KubernetesClient
import PrometheusMetrics
import Testing

@Suite("The labels of kgateway_kubernetes_watch_restarts_total")
struct WatchRestartLabelsTests {
  @Test("there is a reason for each that the client gives, and no other")
  func reasons() {
    #expect(WatchRestartLabels.Reason.allCases.map(\.rawValue) == WatchRestart.Reason.allCases.map(\.rawValue))
  }

  @Test("there is a kind for each that is watched, and no other")
  func kinds() {
    // Those of the deployer, which is not seen from here; of Services there are two watches.
    let deployed: Set = [
      "ServiceAccount", "ConfigMap", "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget",
    ]
    #expect(
      Set(WatchRestartLabels.Kind.allCases.map(\.rawValue))
        == Set(KubernetesKind.allCases.map(\.rawValue)).union(deployed))
  }
}
