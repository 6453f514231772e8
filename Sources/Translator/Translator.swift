package import EnvoyAPI
package import KubernetesAPI
import SwiftProtobuf

/// Gateway API objects and policies in, Envoy resources and statuses out. Pure: no I/O, no clock, no state.
package enum Translator {
  /// The configuration of a Gateway's proxies, and what to say of the objects that went into it.
  package static func translate(_ inputs: GatewayInputs) -> Translation {
    Translation(configuration: ProxyConfiguration(), report: TranslationReport())
  }

  /// The endpoint resource of a Service's port, from all EndpointSlices of that Service.
  package static func loadAssignment(
    _ reference: EndpointReference, slices: [EndpointSlice]
  ) -> Envoy_Config_Endpoint_V3_ClusterLoadAssignment {
    .with { $0.clusterName = reference.resourceName }
  }
}
