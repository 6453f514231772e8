import XDS

extension GatewayReport {
  /// - Parameter report: what is known of the Gateway; an empty one has it forgotten.
  init(_ report: ProxyReport, of gateway: GatewayID) {
    self.init()
    namespace = gateway.namespace
    name = gateway.name
    connected = UInt32(clamping: report.connected)
    accepted = report.accepted.map(Resource.init)
    refused = report.refused.map(Refusal.init)
  }

  /// The Gateway; nil for what is no name of one.
  var gateway: GatewayID? {
    guard !namespace.isEmpty, !name.isEmpty, namespace.utf8.count <= 253, name.utf8.count <= 253 else { return nil }
    return GatewayID(namespace: namespace, name: name)
  }

  /// What it says. Resources of types that are not known here are left out.
  var report: ProxyReport {
    ProxyReport(
      connected: Int(connected), accepted: accepted.compactMap(\.known),
      refused: refused.compactMap { refusal in
        refusal.resource.known.map {
          ProxyReport.Refusal(
            resource: $0, message: RefusalMessage.shortened(refusal.message), isCertain: refusal.isCertain,
            count: Int(refusal.count))
        }
      })
  }
}

extension ProxyReport {
  /// About how many bytes it takes to hold it.
  var footprint: Int {
    let resources = accepted.reduce(0) { $0 + $1.name.utf8.count + 64 }
    return refused.reduce(resources + 128) { $0 + $1.resource.name.utf8.count + $1.message.utf8.count + 128 }
  }
}

extension Resource {
  fileprivate init(_ resource: ProxyReport.Resource) {
    self.init()
    type =
      switch resource.type {
      case .cluster: .cluster
      case .endpoint: .endpoint
      case .listener: .listener
      case .route: .route
      }
    name = resource.name
    version = resource.version
  }

  fileprivate var known: ProxyReport.Resource? {
    let type: XDS.ResourceType? =
      switch self.type {
      case .cluster: .cluster
      case .endpoint: .endpoint
      case .listener: .listener
      case .route: .route
      case .unspecified, .UNRECOGNIZED: nil
      }
    return type.map { ProxyReport.Resource(type: $0, name: name, version: version) }
  }
}

extension Refusal {
  fileprivate init(_ refusal: ProxyReport.Refusal) {
    self.init()
    resource = Resource(refusal.resource)
    message = refusal.message
    isCertain = refusal.isCertain
    count = UInt32(clamping: refusal.count)
  }
}

// The generated names, which have the package's name before them.
package typealias ReportRequest = Kgateway_Replica_V1_ReportRequest
typealias GatewayReport = Kgateway_Replica_V1_GatewayReport
typealias Resource = Kgateway_Replica_V1_Resource
typealias Refusal = Kgateway_Replica_V1_Refusal
