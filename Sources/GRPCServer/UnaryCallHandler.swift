import Logging
import NIOCore

/// Runs an async function for a call of one request and one response.
final class UnaryCallHandler: GRPCCallHandler {
  typealias Method = @Sendable (ByteBuffer, GRPCRequest) async throws -> ByteBuffer

  private let call: GRPCCall
  private let method: Method
  private var message: ByteBuffer?
  /// At most one for each open call, and those are limited for each connection; it is cancelled when its call ends.
  private var task: Task<Void, Never>?

  init(call: GRPCCall, method: @escaping Method) {
    self.call = call
    self.method = method
  }

  func received(_ message: ByteBuffer) {
    guard self.message == nil else {
      call.finish(GRPCStatus(.unimplemented, "this method takes one message; there was a second one"))
      return
    }
    self.message = message
  }

  func receivedEnd() {
    guard let message else {
      call.finish(GRPCStatus(.unimplemented, "this method takes one message; there was none"))
      return
    }
    let (request, logger, method, eventLoop) = (call.request, call.logger, method, call.eventLoop)
    let handler = NIOLoopBound(self, eventLoop: eventLoop)
    task = Task {
      let outcome: Result<ByteBuffer, GRPCStatus>
      do {
        outcome = .success(try await method(message, request))
      } catch let status as GRPCStatus {
        outcome = .failure(status)
      } catch is CancellationError {
        outcome = .failure(GRPCStatus(.cancelled))
      } catch {
        logger.error("a gRPC method failed", metadata: ["path": "\(request.path)", "error": "\(error)"])
        outcome = .failure(GRPCStatus(.internal, "the method failed"))
      }
      eventLoop.execute { handler.value.finish(with: outcome) }
    }
  }

  func writabilityChanged() {}

  func closed() {
    task?.cancel()
  }

  private func finish(with outcome: Result<ByteBuffer, GRPCStatus>) {
    switch outcome {
    case .success(let response):
      call.send(response)
      call.finish(.ok)
    case .failure(let status):
      call.finish(status)
    }
  }
}
