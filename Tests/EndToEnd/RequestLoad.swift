import NIOHTTP1
import RealComponents
import Synchronization

/// Requests to one port, one after the other: some on connections that are kept, some each on a new one.
final class RequestLoad: Sendable {
  private let port: Int
  private let pause: Duration
  private let isStopped = Atomic(false)
  private let answered = Atomic(0)
  private let sending = Atomic(0)
  private let failed = Mutex<[String]>([])

  private init(port: Int, pause: Duration) { (self.port, self.pause) = (port, pause) }

  /// The requests that were answered with 200.
  var answers: Int { answered.load(ordering: .relaxed) }
  /// Every answer of another status, and every connection that was refused or broke.
  var failures: [String] { failed.withLock { $0 } }

  /// Sends while the body runs, and returns when every request that was begun has its answer.
  ///
  /// - Parameter pause: between an answer and the next request of each of the three that send.
  static func run(
    onPort port: Int, pause: Duration = .zero, during body: (RequestLoad) async throws -> Void
  ) async throws {
    let load = RequestLoad(port: port, pause: pause)
    try await withThrowingTaskGroup { group in
      for keepsConnection in [true, true, false] {
        load.sending.add(1, ordering: .relaxed)
        group.addTask { await load.send(keepsConnection: keepsConnection) }
      }
      do {
        try await body(load)
      } catch {
        load.isStopped.store(true, ordering: .relaxed)
        throw error
      }
      load.isStopped.store(true, ordering: .relaxed)
      try await group.waitForAll()
    }
  }

  /// Ends it before the body does, with an answer to every request that was begun: whoever answers can go then.
  func end() async throws {
    isStopped.store(true, ordering: .relaxed)
    try await eventually("the last requests are answered") { sending.load(ordering: .relaxed) == 0 }
  }

  private var goesOn: Bool { !isStopped.load(ordering: .relaxed) }

  private func send(keepsConnection: Bool) async {
    defer { sending.subtract(1, ordering: .relaxed) }
    while goesOn {
      do {
        try await HTTPConnection.with(port: port) { connection in
          var isOpen = true
          while isOpen, goesOn {
            let answer = try await connection.get("/load")
            note(answer)
            if pause > .zero { try? await Task.sleep(for: pause) }
            // A server that wants to end a connection says so in an answer; the next request goes on another one.
            isOpen = keepsConnection && answer.headers.first(name: "connection") != "close"
          }
        }
      } catch {
        failed.withLock { $0.append("\(error)") }
      }
    }
  }

  private func note(_ answer: HTTPAnswer) {
    if answer.status == 200 {
      answered.add(1, ordering: .relaxed)
    } else {
      failed.withLock { $0.append("status \(answer.status): \(answer.body)") }
    }
  }
}
