import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// Collects the endpoints of one Service port out of the Service's slices.
struct LoadAssignment {
  private struct Target: Hashable, Comparable {
    let address: String
    let port: Int

    static func < (left: Self, right: Self) -> Bool { (left.address, left.port) < (right.address, right.port) }
  }

  private var ready: Set<Target> = []
  /// Those that are being stopped and still answer.
  private var draining: Set<Target> = []

  /// - Parameter slices: slices of other Services are passed over, and so are host names (`FQDN`): Envoy takes only
  ///   addresses here.
  init(_ reference: EndpointReference, slices: [EndpointSlice]) {
    for slice in slices where slice.service == reference.service && slice.addressType != "FQDN" {
      let ports = slice.ports.filter { $0.name == reference.portName && $0.transport == "TCP" }.compactMap(\.port)
      for endpoint in slice.endpoints {
        add(endpoint, ports)
      }
    }
  }

  private mutating func add(_ endpoint: EndpointSlice.Endpoint, _ ports: [Int]) {
    // All addresses of an endpoint mean the same pod; consumers take the first (EndpointSlice API, `addresses`).
    guard let address = endpoint.firstAddress else { return }
    let targets = ports.map { Target(address: address, port: $0) }
    if endpoint.isReady ?? true {
      ready.formUnion(targets)
    } else if endpoint.isServing ?? false, endpoint.isTerminating ?? false {
      draining.formUnion(targets)
    }
  }

  /// The ready endpoints in order. Where there is none, those that drain but still answer: better than an error while
  /// the last pod of a Service is replaced, and what kube-proxy does (KEP-1669).
  func message(named name: String) -> Envoy_Config_Endpoint_V3_ClusterLoadAssignment {
    let targets = ready.isEmpty ? draining : ready
    return .with {
      $0.clusterName = name
      guard !targets.isEmpty else { return }
      $0.endpoints = [.with { $0.lbEndpoints = targets.sorted().map(Self.endpoint) }]
    }
  }

  private static func endpoint(_ target: Target) -> Envoy_Config_Endpoint_V3_LbEndpoint {
    .with {
      $0.endpoint.address.socketAddress = .with {
        $0.address = target.address
        $0.portValue = UInt32(clamping: target.port)
      }
    }
  }
}
