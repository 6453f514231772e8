import EnvoyAPI
import NIOCore
package import SwiftProtobuf

/// One open stream. May be used from anywhere; what is sent goes out in the order of the calls.
package final class ADSClientStream: Sendable {
  private let channel: any Channel
  private let handler: NIOLoopBound<ADSClientHandler>
  package let speaking: ADSProtocol
  private let node: Envoy_Config_Core_V3_Node

  init(
    channel: any Channel, handler: NIOLoopBound<ADSClientHandler>, speaking: ADSProtocol, cluster: String,
    node: String
  ) {
    self.channel = channel
    self.handler = handler
    self.speaking = speaking
    var message = Envoy_Config_Core_V3_Node()
    message.id = node
    message.cluster = cluster
    self.node = message
  }

  // MARK: Requests

  /// Subscribes to names of a type; an empty list is the first request of a client that wants everything.
  ///
  /// - Parameters:
  ///   - initialVersions: What a delta client has from an earlier stream, by name.
  ///   - version: The version that a state-of-the-world client has from an earlier stream.
  ///   - nonce: Of the response that the client saw last, for a state-of-the-world client's later requests.
  package func subscribe(
    _ typeURL: String, to names: [String] = [], initialVersions: [String: String] = [:], version: String = "",
    nonce: String = ""
  ) {
    switch speaking {
    case .delta:
      var request = Envoy_Service_Discovery_V3_DeltaDiscoveryRequest()
      request.node = node
      request.typeURL = typeURL
      request.resourceNamesSubscribe = names
      request.initialResourceVersions = initialVersions
      request.responseNonce = nonce
      send(request)
    case .stateOfTheWorld:
      var request = Envoy_Service_Discovery_V3_DiscoveryRequest()
      request.node = node
      request.typeURL = typeURL
      request.resourceNames = names
      request.versionInfo = version
      request.responseNonce = nonce
      send(request)
    }
  }

  /// Gives up names, in the delta protocol.
  package func unsubscribe(_ typeURL: String, from names: [String]) {
    var request = Envoy_Service_Discovery_V3_DeltaDiscoveryRequest()
    request.typeURL = typeURL
    request.resourceNamesUnsubscribe = names
    send(request)
  }

  /// Takes a response (ACK).
  ///
  /// - Parameter names: What a state-of-the-world client is subscribed to; it says so in each request.
  package func acknowledge(_ response: ADSResponse, names: [String] = []) {
    answer(response, names: names, refusal: nil)
  }

  /// Refuses a response (NACK).
  ///
  /// - Parameters:
  ///   - version: The version that a state-of-the-world client keeps.
  ///   - names: What a state-of-the-world client is subscribed to.
  package func refuse(_ response: ADSResponse, _ message: String, keeping version: String = "", names: [String] = []) {
    answer(response, names: names, refusal: message, keeping: version)
  }

  /// Subscribes to everything of all four types and takes every response at once, by itself, as it comes. Responses
  /// are still there for ``next(within:)``.
  package func followEverything() {
    acknowledgeAll()
    for typeURL in ADSTypeURL.all {
      subscribe(typeURL, to: [Self.everything])
    }
  }

  /// Takes every response at once, by itself, as it comes, for subscriptions to everything by name (`*`).
  package func acknowledgeAll() {
    onLoop { handler in
      handler.onResponse = { [weak self] response in
        self?.acknowledge(response, names: [Self.everything])
      }
    }
  }

  /// The name that stands for everything.
  package static let everything = "*"

  /// Sends a request as it is.
  package func send(_ request: some SwiftProtobuf.Message) {
    guard let bytes: [UInt8] = try? request.serializedBytes() else { return }
    send(bytes)
  }

  /// Sends bytes as one message, whether or not they are a request.
  package func send(_ bytes: [UInt8]) {
    onLoop { $0.send(bytes) }
  }

  /// Sends the headers, which otherwise go out with the first request.
  package func sendHeaders() {
    channel.flush()
  }

  /// Says that nothing more will be sent.
  package func sendEnd() {
    onLoop { $0.sendEnd() }
  }

  // MARK: Responses

  /// The next response that nobody took yet.
  ///
  /// - Throws: ``ADSClientError``.
  package func next(within limit: Duration = .seconds(10)) async throws -> ADSResponse {
    let handler = handler
    return try await channel.eventLoop.flatSubmit { handler.value.next(within: limit) }.get()
  }

  /// The next response, which must be of this type.
  ///
  /// - Throws: ``ADSClientError``.
  package func next(_ typeURL: String, within limit: Duration = .seconds(10)) async throws -> ADSResponse {
    let response = try await next(within: limit)
    guard response.typeURL == typeURL else {
      throw ADSClientError.malformed("\(response.typeURL) \(response.names) came where \(typeURL) was expected")
    }
    return response
  }

  /// How many responses have come in all.
  package var received: Int {
    get async throws {
      let handler = handler
      return try await channel.eventLoop.submit { handler.value.received }.get()
    }
  }

  /// Whether what was sent is out, but for a little. False while the server takes no more.
  package var isSent: Bool { channel.isWritable }

  /// Stops reading, so that the server can send no more than the flow control window.
  package func pauseReading() async throws {
    try await channel.setOption(.autoRead, value: false).get()
  }

  /// Reads again.
  package func resumeReading() async throws {
    try await channel.setOption(.autoRead, value: true).get()
    channel.read()
  }

  /// Closes the stream; the connection stays.
  package func close() async {
    try? await channel.close().get()
  }

  private func answer(_ response: ADSResponse, names: [String], refusal: String?, keeping version: String = "") {
    let detail = refusal.map { message in
      var status = Google_Rpc_Status()
      status.code = 13
      status.message = message
      return status
    }
    switch speaking {
    case .delta:
      var request = Envoy_Service_Discovery_V3_DeltaDiscoveryRequest()
      request.typeURL = response.typeURL
      request.responseNonce = response.nonce
      if let detail { request.errorDetail = detail }
      send(request)
    case .stateOfTheWorld:
      var request = Envoy_Service_Discovery_V3_DiscoveryRequest()
      request.typeURL = response.typeURL
      request.resourceNames = names
      request.responseNonce = response.nonce
      request.versionInfo = refusal == nil ? response.version : version
      if let detail { request.errorDetail = detail }
      send(request)
    }
  }

  private func onLoop(_ body: @escaping @Sendable (ADSClientHandler) -> Void) {
    let handler = handler
    if channel.eventLoop.inEventLoop {
      body(handler.value)
    } else {
      channel.eventLoop.execute { body(handler.value) }
    }
  }
}
