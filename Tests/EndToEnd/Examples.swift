import RealComponents

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The manifests of `deploy/examples`, by the names of their files.
enum Examples {
  /// As they stand in the repository.
  static func text(_ file: String) throws -> String {
    let path = PackageRoot.path("deploy/examples/\(file)")
    return String(decoding: try Data(contentsOf: URL(filePath: path, directoryHint: .notDirectory)), as: UTF8.self)
  }

  static let policies = ["access-logging.yaml", "otel-access-logging.yaml", "tracing.yaml"]

  /// A Gateway, route, Service and endpoints on these ports, and the three policies unchanged.
  static func all(_ ports: GatewayPorts) throws -> [String: String] {
    var files = try routing(ports)
    for policy in policies { files[policy] = try text(policy) }
    return files
  }

  /// All but the policies.
  static func routing(_ ports: GatewayPorts) throws -> [String: String] {
    [
      "gateway.yaml": try text("gateway.yaml").replacing("port: 8080", with: "port: \(ports.gateway)"),
      "httproute.yaml": try text("httproute.yaml"),
      "service.yaml": try text("service.yaml"),
      "endpointslice.yaml": try endpoints(port: ports.backend),
    ]
  }

  /// The endpoints of the demo's backend, on another port of 127.0.0.1.
  static func endpoints(port: Int) throws -> String {
    try text("endpointslice.yaml").replacing("port: 18080", with: "port: \(port)")
  }
}
