import Synchronization

/// A way for the double to fail a request.
package enum Failure: Sendable, Equatable {
  /// 429, with a Retry-After header.
  case tooManyRequests(retryAfterSeconds: Int)
  /// 503, with a Retry-After header, as of a server that is starting or going down.
  case unavailable(retryAfterSeconds: Int)
  /// A `Status` of this code and reason, such as 500 InternalError.
  case status(code: Int, reason: String)
  /// 410: in a watch as an ERROR event, for a list as its answer.
  case gone
  /// The request is taken and never answered, until the client goes or the double stops.
  case stall
  /// A watch is accepted, and then says nothing: no event, no bookmark. Other requests stall.
  case silence
  /// The answer breaks off in the middle of an object, and the connection with it.
  case cutMidObject
  /// 200, but what comes is no JSON.
  case garbage
  /// The first event of a watch ends with its line and not with its object, and the next ones follow as if nothing were
  /// wrong. Other requests are not touched.
  case brokenEvent
  /// A watch sends every event twice, and after every second event the one before it once more: what a client sees that
  /// is served by two servers in turn. Other requests are not touched.
  case disorder
  /// A watch gets no bookmarks, whatever it asked for. Other requests are not touched.
  case noBookmarks
}

/// Which requests a failure is for.
package struct RequestFilter: Sendable {
  let matches: @Sendable (RecordedRequest) -> Bool

  /// Requests of which this is true.
  package init(_ matches: @escaping @Sendable (RecordedRequest) -> Bool) { self.matches = matches }

  /// Every request.
  package static let all = RequestFilter { _ in true }
  /// Every watch.
  package static let watches = RequestFilter(\.isWatch)
  /// Every GET that is no watch: lists, single objects, discovery.
  package static let lists = RequestFilter { $0.method == "GET" && !$0.isWatch }
  /// Every page of a list but the first.
  package static let laterPages = RequestFilter { $0[query: "continue"] != nil }
  /// Everything but GET.
  package static let writes = RequestFilter { $0.method != "GET" }

  /// Requests whose path contains this, such as a plural name.
  package static func path(_ part: String) -> RequestFilter { RequestFilter { $0.path.contains(part) } }

  /// Requests that both filters take.
  package func and(_ other: RequestFilter) -> RequestFilter {
    RequestFilter { matches($0) && other.matches($0) }
  }
}

/// The failures that are waiting for their requests, and the requests that were received.
final class FailurePlan: Sendable {
  private struct Armed: Sendable {
    let failure: Failure
    let filter: RequestFilter
    var times: Int
  }

  private let armed = Mutex<[Armed]>([])

  func arm(_ failure: Failure, _ filter: RequestFilter, times: Int) {
    armed.withLock { $0.append(Armed(failure: failure, filter: filter, times: times)) }
  }

  func disarm() { armed.withLock { $0 = [] } }

  /// Takes the first failure that is meant for this request.
  func take(for request: RecordedRequest) -> Failure? {
    armed.withLock { armed in
      guard let index = armed.firstIndex(where: { $0.filter.matches(request) }) else { return nil }
      armed[index].times -= 1
      let failure = armed[index].failure
      if armed[index].times == 0 { armed.remove(at: index) }
      return failure
    }
  }
}

/// The requests received, the newest of them where there are very many.
final class RequestLog: Sendable {
  private struct Record {
    var requests: [RecordedRequest] = []
    /// How many came before the first of these.
    var forgotten = 0

    mutating func forget(_ count: Int) {
      requests.removeFirst(count)
      forgotten += count
    }
  }

  private let record = Mutex(Record())
  private static let limit = 20_000

  /// - Returns: the request's number.
  func append(_ request: RecordedRequest) -> Int {
    record.withLock { record in
      if record.requests.count == Self.limit { record.forget(Self.limit / 2) }
      record.requests.append(request)
      return record.forgotten + record.requests.count - 1
    }
  }

  /// Notes what a request was answered with, if it was not forgotten.
  func note(status: Int, of number: Int) {
    record.withLock { record in
      guard number >= record.forgotten else { return }
      record.requests[number - record.forgotten].status = status
    }
  }

  var all: [RecordedRequest] { record.withLock { $0.requests } }

  func clear() { record.withLock { $0.forget($0.requests.count) } }
}
