import KubernetesAPI
import Translator

/// The addresses that a Gateway asks for, as a Service can have them.
///
/// A Service of the type LoadBalancer asks its provider for one (`loadBalancerIP`); one of another type is reachable at
/// any that leads to a node (`externalIPs`).
struct GatewayAddresses: Hashable, Sendable {
  var loadBalancerIP: String?
  var externalIPs: [String] = []

  init(of gateway: Gateway, serviceType: String, _ faults: inout [FieldFault]) {
    var addresses: [String] = []
    for (index, address) in gateway.addresses.enumerated() {
      let path = "spec.addresses[\(index)]"
      if address.type != "IPAddress" {
        faults.add("\(path).type", "the type \(address.type) is not supported; use IPAddress")
      } else if address.value.isEmpty {
        continue
      } else if !IPAddress.isValid(address.value) {
        faults.add("\(path).value", "\"\(address.value)\" is no IP address, as 192.0.2.10")
      } else {
        addresses.append(address.value)
      }
    }
    guard serviceType == "LoadBalancer" else {
      externalIPs = addresses
      return
    }
    loadBalancerIP = addresses.first
    if addresses.count > 1 {
      faults.add(
        "spec.addresses",
        "a Service of the type LoadBalancer can ask for one address, not for \(addresses.count); keep one, or set"
          + " spec.service.type of the GatewayParameters to ClusterIP")
    }
  }
}
