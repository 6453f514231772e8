import Logging
import Synchronization

/// Says in the log what is wrong: once when it comes up, however often it is looked at, and once when it is over.
final class StandingFault: Sendable {
  private let logger: Logger
  private let told = Mutex<String?>(nil)

  init(logger: Logger) { self.logger = logger }

  func note(_ message: String) {
    let isNew = told.withLock { told in
      defer { told = message }
      return told != message
    }
    if isNew { logger.warning("\(message)") }
  }

  /// - Parameter message: is logged if something was wrong.
  func clear(_ message: @autoclosure () -> String) {
    let wasWrong = told.withLock { told in
      defer { told = nil }
      return told != nil
    }
    if wasWrong { logger.notice("\(message())") }
  }
}
