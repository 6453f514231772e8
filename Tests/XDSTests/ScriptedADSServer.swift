import EnvoyAPI
import FoundationEssentials
import GRPCServer
import Logging
import NIOCore
import NIOPosix
import SwiftProtobuf
import Synchronization

@testable import XDS

/// A control plane, over the delta protocol, that can stop in the middle: it sends what a request asks for and no more,
/// and of what changes later only what it is told to.
final class ScriptedADSServer: Sendable {
  private let resources: Mutex<[EncodedResource]>
  private let calls = Mutex<[GRPCCall.Sender]>([])

  private init(_ resources: [EncodedResource]) { self.resources = Mutex(resources) }

  /// Sends a new resource, and nothing that belongs to it.
  func push(_ resource: EncodedResource) {
    for call in calls.withLock({ $0 }) { call.send([resource]) }
  }

  /// Runs the server for the time of the body.
  static func with(
    _ resources: [EncodedResource], port: Int, _ body: (ScriptedADSServer) async throws -> Void
  ) async throws {
    let scripted = ScriptedADSServer(resources)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var router = GRPCRouter()
    router.stream("/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources") { call in
      let sender = GRPCCall.Sender(call)
      scripted.calls.withLock { $0.append(sender) }
      return Handler(sender, scripted)
    }
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = GRPCServer(
      configuration: .init(host: "127.0.0.1", port: port), router: router, group: group, logger: logger)
    _ = try await server.start()
    let result: Result<Void, any Error>
    do { result = .success(try await body(scripted)) } catch { result = .failure(error) }
    server.beginGracefulShutdown()
    await server.waitUntilClosed()
    try await group.shutdownGracefully()
    try result.get()
  }

  private final class Handler: GRPCCallHandler {
    private let sender: GRPCCall.Sender
    private let server: ScriptedADSServer

    init(_ sender: GRPCCall.Sender, _ server: ScriptedADSServer) {
      self.sender = sender
      self.server = server
    }

    func received(_ message: ByteBuffer) {
      // What it answers is of no interest here.
      guard let request = try? DeltaProtocol.read(message).request, request.nonce.isEmpty else { return }
      let asked = server.resources.withLock { $0 }.filter {
        $0.type.typeURL == request.typeURL && (request.subscribe.isEmpty || request.subscribe.contains($0.name))
      }
      sender.send(asked)
    }

    func receivedEnd() { sender.finish() }
    func writabilityChanged() {}
    func closed() {}
  }
}

extension GRPCCall {
  /// A call, to be used from any thread.
  fileprivate final class Sender: Sendable {
    private let call: NIOLoopBound<GRPCCall>
    private let eventLoop: any EventLoop

    init(_ call: GRPCCall) {
      self.call = NIOLoopBound(call, eventLoop: call.eventLoop)
      eventLoop = call.eventLoop
    }

    func send(_ resources: [EncodedResource]) {
      let response = Envoy_Service_Discovery_V3_DeltaDiscoveryResponse.with { response in
        response.nonce = "any"
        for resource in resources {
          response.typeURL = resource.type.typeURL
          response.resources.append(
            .with {
              $0.name = resource.name
              $0.version = resource.version
              $0.resource.typeURL = resource.type.typeURL
              $0.resource.value = Data(resource.bytes)
            })
        }
      }
      guard let bytes: [UInt8] = try? response.serializedBytes() else { return }
      eventLoop.execute { self.call.value.send(ByteBuffer(bytes: bytes)) }
    }

    func finish() { eventLoop.execute { self.call.value.finish(.ok) } }
  }
}
