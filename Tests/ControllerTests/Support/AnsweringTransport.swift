import KubernetesClient
import Synchronization

/// An API server as a function: the answer to each request, given at once.
final class AnsweringTransport: KubernetesTransport {
  struct Answer: Sendable {
    var status = 200
    var body = "{}"
    /// Whether the connection stays open after the body, as a watch's does.
    var staysOpen = false
  }

  private let requests = Mutex<[HTTPRequest]>([])
  private let answer: @Sendable (HTTPRequest, Int) async throws -> Answer

  /// - Parameter answer: gets the request, and how many came before it.
  init(_ answer: @escaping @Sendable (HTTPRequest, Int) async throws -> Answer) { self.answer = answer }

  /// What was asked, in order.
  var asked: [HTTPRequest] { requests.withLock(\.self) }

  var client: KubernetesClient { KubernetesClient(requests: self, streams: self) { _ in } }

  func perform<Result>(
    _ request: HTTPRequest, _ consume: (HTTPResponseHead, any HTTPResponseBody) async throws -> Result
  ) async throws -> Result {
    let number = requests.withLock { requests in
      requests.append(request)
      return requests.count - 1
    }
    let answer = try await answer(request, number)
    return try await consume(HTTPResponseHead(status: answer.status), Body(answer))
  }

  func shutdown() async {}

  private final class Body: HTTPResponseBody {
    private var rest: [UInt8]?
    private let staysOpen: Bool

    init(_ answer: Answer) {
      rest = Array(answer.body.utf8)
      staysOpen = answer.staysOpen
    }

    func next() async throws -> [UInt8]? {
      defer { rest = nil }
      if let rest, !rest.isEmpty { return rest }
      // Until the test is over.
      if staysOpen { try await Task.sleep(for: .seconds(3600)) }
      return nil
    }
  }
}
