import GRPCServer
import NIOCore
import NIOHPACK

/// The methods of the test server. Their messages are plain text or any bytes: gRPC itself does not care.
enum TestMethods {
  struct Failure: Error {}

  static func router(_ calls: CallLog) -> GRPCRouter {
    var router = GRPCRouter()
    router.stream("/test.Test/Echo") { EchoHandler(call: $0, calls: calls) }
    router.stream("/test.Test/BoundedEcho") { BoundedEchoHandler(call: $0, calls: calls) }
    router.stream("/test.Test/Count") { CountHandler(call: $0, calls: calls) }
    router.stream("/test.Test/Repeat") { RepeatHandler(call: $0, calls: calls) }
    router.stream("/test.Test/Hang") { LoggingHandler(call: $0, calls: calls) }
    router.stream("/test.Test/Paused") { PausedHandler(call: $0, calls: calls) }
    router.stream("/test.Test/RefuseAtOnce") {
      $0.finish(GRPCStatus(.permissionDenied, "not you"))
      return LoggingHandler(call: $0, calls: calls)
    }
    router.unary("/test.Test/Unary") { message, _ in message }
    router.unary("/test.Test/Status") { message, _ in
      let words = String(buffer: message).split(separator: " ", maxSplits: 1)
      let code = words.first.flatMap { Int($0) }.flatMap(GRPCStatus.Code.init(rawValue:))
      throw GRPCStatus(code ?? .internal, words.dropFirst().first.map(String.init) ?? "")
    }
    router.unary("/test.Test/Throw") { _, _ in throw Failure() }
    router.unary("/test.Test/Metadata") { message, request in
      ByteBuffer(string: request.metadata[String(buffer: message)].joined(separator: ","))
    }
    router.unary("/test.Test/Sleep") { message, _ in
      try await withTaskCancellationHandler {
        try await Task.sleep(for: .seconds(600))
        return message
      } onCancel: {
        calls.note { $0.cancelledTasks += 1 }
      }
    }
    return router
  }
}

/// Notes what happens, and never answers.
class LoggingHandler: GRPCCallHandler {
  let call: GRPCCall
  let calls: CallLog
  private var isClosed = false

  init(call: GRPCCall, calls: CallLog) {
    self.call = call
    self.calls = calls
    calls.note {
      $0.opened += 1
      if let peer = call.request.peer { $0.peers.insert("\(peer)") }
    }
  }

  func received(_ message: ByteBuffer) { note { $0.messages += 1 } }
  func receivedEnd() { note { $0.ends += 1 } }
  func writabilityChanged() { note { $0.writabilityChanges += 1 } }

  func closed() {
    note { $0.closed += 1 }
    isClosed = true
  }

  func note(_ change: (inout CallLog.Counts) -> Void) {
    calls.note {
      if isClosed { $0.eventsAfterClosed += 1 }
      change(&$0)
    }
  }
}

/// Sends each message back.
final class EchoHandler: LoggingHandler {
  override func received(_ message: ByteBuffer) {
    super.received(message)
    call.send(message)
  }

  override func receivedEnd() {
    super.receivedEnd()
    call.finish(.ok)
  }
}

/// Sends each message back, and takes none while its client does not read.
final class BoundedEchoHandler: LoggingHandler {
  override func received(_ message: ByteBuffer) {
    super.received(message)
    call.send(message)
    if !call.isWritable { call.pauseReceiving() }
  }

  override func receivedEnd() {
    super.receivedEnd()
    call.finish(.ok)
  }

  override func writabilityChanged() {
    super.writabilityChanged()
    if call.isWritable { call.resumeReceiving() }
  }
}

/// Answers, when the client has ended, with the number of messages and of their bytes.
final class CountHandler: LoggingHandler {
  private var messages = 0
  private var bytes = 0

  override func received(_ message: ByteBuffer) {
    super.received(message)
    messages += 1
    bytes += message.readableBytes
  }

  override func receivedEnd() {
    super.receivedEnd()
    call.send(ByteBuffer(string: "\(messages) \(bytes)"))
    call.finish(.ok)
  }
}

/// Asked with `COUNT SIZE`, sends that many messages of that many bytes, as fast as the client takes them.
final class RepeatHandler: LoggingHandler {
  private var left = 0
  private var body = ByteBuffer()

  override func received(_ message: ByteBuffer) {
    super.received(message)
    let numbers = String(buffer: message).split(separator: " ").compactMap { Int($0) }
    guard numbers.count == 2 else {
      call.finish(GRPCStatus(.invalidArgument, "COUNT SIZE was expected"))
      return
    }
    left = numbers[0]
    body = ByteBuffer(repeating: UInt8(ascii: "r"), count: numbers[1])
    sendMore()
  }

  override func writabilityChanged() {
    super.writabilityChanged()
    sendMore()
  }

  private func sendMore() {
    while left > 0, call.isWritable {
      left -= 1
      call.send(head: ByteBuffer(string: "\(left) "), sharedBody: body)
      note { $0.messagesSent += 1 }
    }
    if left == 0 { call.finish(.ok) }
  }
}

/// Pauses at each message until the test resumes it (``CallLog/resume()``).
final class PausedHandler: LoggingHandler {
  override func received(_ message: ByteBuffer) {
    super.received(message)
    call.pauseReceiving()
    let (call, eventLoop) = (NIOLoopBound(call, eventLoop: call.eventLoop), call.eventLoop)
    calls.whenResumed { eventLoop.execute { call.value.resumeReceiving() } }
  }

  override func receivedEnd() {
    super.receivedEnd()
    call.finish(.ok)
  }
}
