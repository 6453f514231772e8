package import GRPCServer
package import Logging
import NIOCore
package import PrometheusMetrics
import SwiftProtobuf
import Synchronization
package import XDS

/// The gRPC service by which replicas tell the one that leads what their proxies answered.
package struct ReplicaService: Sendable {
  static let path = "/kgateway.replica.v1.Replicas/Report"
  /// The longest report, in bytes: four times what a replica puts into one.
  static let requestLength = 2 << 20

  private let reports: ReplicaReports
  private let authenticator: any ReplicaAuthenticator
  private let results: InstrumentFamily<ReplicaReportResult, Counter>
  private let logger: Logger

  /// - Parameter authenticator: decides who is a replica; nothing is read of what others say.
  package init(
    reports: ReplicaReports, authenticator: any ReplicaAuthenticator,
    results: InstrumentFamily<ReplicaReportResult, Counter>, logger: Logger
  ) {
    self.reports = reports
    self.authenticator = authenticator
    self.results = results
    self.logger = logger
  }

  /// Adds the service's method.
  package func register(in router: inout GRPCRouter) {
    let strangers = OncePerProblem()
    router.unary(Self.path) { message, request in
      do throws(GRPCStatus) {
        try await take(message, request, strangers)
        results[.received].increment()
        return ByteBuffer()
      } catch {
        results[.refused].increment()
        throw error
      }
    }
  }

  private func take(
    _ message: ByteBuffer, _ request: GRPCRequest, _ strangers: OncePerProblem
  ) async throws(GRPCStatus) {
    do throws(StreamRefusal) {
      try await authenticator.authenticateReplica(request)
    } catch {
      let peer = request.peer?.ipAddress ?? "an unknown address"
      if strangers.isNews(error.reason) {
        logger.warning("a report from \(peer), as of another replica, is refused: \(error.reason)")
      }
      throw error.status
    }
    guard message.readableBytes <= Self.requestLength else {
      throw GRPCStatus(.resourceExhausted, "a report is longer than \(Self.requestLength) bytes")
    }
    guard let report = try? ReportRequest(serializedBytes: Array(message.readableBytesView)) else {
      throw GRPCStatus(.invalidArgument, "the message is no report")
    }
    try await reports.take(report)
  }
}

/// The last thing that went wrong, so that it is not told again and again.
final class OncePerProblem: Sendable {
  private let last = Mutex<String?>(nil)

  /// Whether it is another one than the last.
  func isNews(_ problem: String?) -> Bool {
    last.withLock { last in
      defer { last = problem }
      return problem != last
    }
  }
}
