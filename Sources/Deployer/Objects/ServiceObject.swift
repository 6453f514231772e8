import JSON
import KubernetesAPI
import Translator

extension ProxyObjects {
  /// Leads each port of the Gateway to the port that its proxies bind for it.
  var service: ManagedObject {
    let wanted = parameters.merged.service
    var spec: [JSONMember] = [
      JSONMember(key: "type", value: .string(parameters.serviceType)),
      JSONMember(key: "selector", value: .map(ObjectLabels.selector(for: id))),
      JSONMember(key: "ports", value: .array(ports.map(Self.port))),
    ]
    if let policy = wanted.externalTrafficPolicy {
      spec.append(JSONMember(key: "externalTrafficPolicy", value: .string(policy)))
    }
    if let name = wanted.loadBalancerClass {
      spec.append(JSONMember(key: "loadBalancerClass", value: .string(name)))
    }
    if let address = addresses.loadBalancerIP {
      spec.append(JSONMember(key: "loadBalancerIP", value: .string(address)))
    }
    if !addresses.externalIPs.isEmpty {
      spec.append(JSONMember(key: "externalIPs", value: .array(addresses.externalIPs.map(JSONValue.string))))
    }
    return object(
      .service, name: names.objects, labels: wanted.labels, annotations: wanted.annotations,
      [JSONMember(key: "spec", value: .object(spec))])
  }

  /// The name depends on the port alone: listeners come, go and change their names while the port goes on.
  private static func port(_ port: ServedPort) -> JSONValue {
    [
      "name": .string("http-\(port.port)"), "port": .integer(Int64(port.port)), "protocol": "TCP",
      "targetPort": .integer(Int64(port.bound)),
    ]
  }
}
