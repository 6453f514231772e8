import KubernetesClient
import SwiftProtobuf

/// Calls the replica that leads: a unary gRPC call over libcurl.
package struct LeaderConnection: Sendable {
  /// How the xDS servers of replicas are reached.
  package enum Security: Sendable {
    case plaintext
    /// - name: what has to be in the certificate: that of the Service, which all replicas are behind.
    /// - authorities: PEM; nil as long as there are none.
    case tls(name: String, authorities: @Sendable () -> [UInt8]?)
  }

  /// What a connection depends on.
  struct Target: Hashable {
    let leader: LeaderLocation.Leader
    let address: String
    let authorities: [UInt8]?
    let name: String?
  }

  /// For the whole of a call; the header `grpc-timeout` says the same.
  private static let timeout = Duration.seconds(5)

  private let transport: CurlTransport

  /// Connects to nothing yet.
  init(_ target: Target, userAgent: String) throws(ReportFailure) {
    let scheme = target.name == nil ? "http" : "https"
    guard let server = ServerAddress("\(scheme)://\(target.address)") else {
      throw ReportFailure("the Lease says that it is reached at \"\(target.address)\", which is no HOST:PORT")
    }
    var configuration = CurlTransport.Configuration(server: server, userAgent: userAgent)
    configuration.maximumConnections = 1
    if let name = target.name {
      configuration.tls = TLSSettings(certificateAuthority: target.authorities, serverName: name)
    } else {
      configuration.version = .http2
    }
    do throws(TransportError) {
      transport = try CurlTransport(configuration)
    } catch {
      throw ReportFailure("\(error)")
    }
  }

  /// Sends a report.
  func send(_ report: ReportRequest, token: String, timeout: Duration = Self.timeout) async throws {
    let message: [UInt8] = try report.serializedBytes()
    let length = UInt32(clamping: message.count)
    let prefix: [UInt8] = [0] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
    let request = HTTPRequest(
      .post, path: ReplicaService.path,
      headers: [
        .init("content-type", "application/grpc"), .init("te", "trailers"), .init("grpc-timeout", "5S"),
        .init("authorization", "Bearer \(token)"),
      ], body: prefix + message, timeouts: .init(connect: .seconds(2), total: timeout))
    try await transport.perform(request) { head, body in
      // The answer says nothing but its status. What speaks for too long is no replica.
      var length = 0
      while let bytes = try await body.next() {
        length += bytes.count
        guard length <= 65_536 else { throw ReportFailure("it answers with more than an answer has") }
      }
      try Self.check(head, body.trailers)
    }
  }

  func shutdown() async { await transport.shutdown() }

  /// The status stands in the trailers; in the headers where there is nothing else.
  private static func check(_ head: HTTPResponseHead, _ trailers: [String: String]) throws(ReportFailure) {
    guard head.status == 200 else { throw ReportFailure("it answers with HTTP status \(head.status)") }
    guard let status = trailers["grpc-status"] ?? head.headers["grpc-status"] else {
      throw ReportFailure("its answer has no gRPC status")
    }
    guard status != "0" else { return }
    let message = trailers["grpc-message"] ?? head.headers["grpc-message"] ?? ""
    throw ReportFailure(
      "it answers: \(message.isEmpty ? "gRPC status \(status)" : String(message.prefix(256)))",
      isOutOfStep: status == "10")
  }
}

/// Why a report did not reach the leader.
package struct ReportFailure: Error, CustomStringConvertible {
  package let description: String
  /// The leader does not know what was said before.
  let isOutOfStep: Bool

  init(_ description: String, isOutOfStep: Bool = false) {
    self.description = description
    self.isOutOfStep = isOutOfStep
  }
}
