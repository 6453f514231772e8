import EnvoyAPI
import NIOCore
import SwiftProtobuf

/// How requests of one of the two protocols are read.
protocol WireProtocol: SendableMetatype {
  associatedtype Logic: ADSStreamLogic

  static func logic(_ limits: ADSService.Limits) -> Logic

  /// Reads a request and what the client says of itself, which it does at least in its first one.
  static func read(_ message: ByteBuffer) throws -> (request: Logic.Request, node: Envoy_Config_Core_V3_Node?)
}

enum DeltaProtocol: WireProtocol {
  static func logic(_ limits: ADSService.Limits) -> DeltaStream {
    DeltaStream(maximumNames: limits.names)
  }

  static func read(_ message: ByteBuffer) throws -> (request: DeltaRequest, node: Envoy_Config_Core_V3_Node?) {
    let wire = try Envoy_Service_Discovery_V3_DeltaDiscoveryRequest(
      serializedBytes: Array(message.readableBytesView))
    let request = DeltaRequest(
      typeURL: wire.typeURL, subscribe: wire.resourceNamesSubscribe, unsubscribe: wire.resourceNamesUnsubscribe,
      initialVersions: wire.initialResourceVersions, nonce: wire.responseNonce,
      refusal: wire.hasErrorDetail ? text(of: wire.errorDetail) : nil)
    return (request, wire.hasNode ? wire.node : nil)
  }
}

enum StateOfTheWorldProtocol: WireProtocol {
  static func logic(_ limits: ADSService.Limits) -> StateOfTheWorldStream {
    StateOfTheWorldStream(maximumNames: limits.names)
  }

  static func read(
    _ message: ByteBuffer
  ) throws -> (request: StateOfTheWorldRequest, node: Envoy_Config_Core_V3_Node?) {
    let wire = try Envoy_Service_Discovery_V3_DiscoveryRequest(serializedBytes: Array(message.readableBytesView))
    let request = StateOfTheWorldRequest(
      typeURL: wire.typeURL, names: wire.resourceNames, version: wire.versionInfo, nonce: wire.responseNonce,
      refusal: wire.hasErrorDetail ? text(of: wire.errorDetail) : nil)
    return (request, wire.hasNode ? wire.node : nil)
  }
}

/// What a refusal says, in words.
private func text(of status: Google_Rpc_Status) -> String {
  status.message.isEmpty ? "status code \(status.code) without a message" : status.message
}
