import AdminServer
import ArgumentParser
import FoundationEssentials
import XDS

/// How replicas reach each other, and show each other who they are.
struct ReplicaOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where other replicas reach this one's xDS server.",
      discussion: """
        The one that leads writes it into the Lease, and the others tell it there what their proxies take and refuse, \
        for the statuses. Default: $POD_IP and the port of --xds-address.
        """, valueName: "host:port"))
  var advertiseAddress: ListenAddress?

  @Option(
    help: ArgumentHelp(
      "The file with a token of this replica's ServiceAccount, with the audience \(XDSSecurity.audience).",
      valueName: "path"))
  var replicaToken = "/var/run/secrets/kgateway/token"

  @Option(
    help: ArgumentHelp(
      "The ServiceAccount that all replicas run as, in the namespace of this one.",
      discussion: "Default: $SERVICE_ACCOUNT_NAME, else \(Self.defaultServiceAccount).", valueName: "name"))
  var serviceAccount: String?

  private static let defaultServiceAccount = "kgateway"

  func validate() throws {
    if let serviceAccount, GatewayID(serviceAccountUser: "system:serviceaccount:default:\(serviceAccount)") == nil {
      throw ValidationError("--service-account \"\(serviceAccount)\": expected the name of a ServiceAccount")
    }
  }

  /// The ServiceAccount, by its namespace and name.
  var account: GatewayID {
    GatewayID(
      namespace: OperatorNamespace.own,
      name: serviceAccount ?? Self.environment("SERVICE_ACCOUNT_NAME") ?? Self.defaultServiceAccount)
  }

  /// What the Lease says while this replica leads; nil where others cannot know how to reach it.
  ///
  /// - Parameter xds: where the xDS server listens.
  func address(xds: ListenAddress) -> String? {
    if let advertiseAddress { return "\(advertiseAddress)" }
    guard xds.port != 0 else { return nil }
    if let pod = Self.environment("POD_IP") { return "\(ListenAddress(host: pod, port: xds.port))" }
    return ["0.0.0.0", "::", ""].contains(xds.host) ? nil : "\(xds)"
  }

  private static func environment(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
