import JSON
import KubernetesAPI

/// Where a Service can be reached, and why it cannot.
struct ServiceAddresses: Hashable, Sendable {
  /// As the API has it: `ClusterIP`, `NodePort`, `LoadBalancer`.
  let type: String
  let addresses: [GatewayStatus.Address]

  /// The most that a Gateway's status takes (Gateway API, GatewayStatus).
  private static let maximumCount = 16

  init(_ service: JSONValue) {
    let spec = service["spec"]
    type = spec?["type"]?.text ?? "ClusterIP"
    let external = (spec?["externalIPs"]?.elements ?? []).compactMap(\.text).map(GatewayStatus.Address.ip)
    let own: [GatewayStatus.Address]
    if type == "LoadBalancer" {
      // A cluster's own address is none at which clients of a load balancer reach it.
      own = (service["status"]?["loadBalancer"]?["ingress"]?.elements ?? []).compactMap { ingress in
        ingress["ip"]?.text.map(GatewayStatus.Address.ip)
          ?? ingress["hostname"]?.text.map(GatewayStatus.Address.hostname)
      }
    } else {
      let list = (spec?["clusterIPs"]?.elements ?? []).compactMap(\.text)
      let all = list.isEmpty ? [spec?["clusterIP"]?.text].compactMap(\.self) : list
      own = all.filter { !$0.isEmpty && $0 != "None" }.map(GatewayStatus.Address.ip)
    }
    var seen: Set<GatewayStatus.Address> = []
    // Those that the Gateway asked for come first.
    addresses = Array((external + own).filter { seen.insert($0).inserted }.prefix(Self.maximumCount))
  }

  /// What an address is waited for, for people.
  func awaited(of service: NamespacedName) -> String {
    switch type {
    case "LoadBalancer":
      "Service \(service) of the type LoadBalancer has no address yet; it comes from the cluster's load balancer. A "
        + "cluster without one needs the type ClusterIP or NodePort."
    default:
      "Service \(service) has no cluster IP."
    }
  }
}
