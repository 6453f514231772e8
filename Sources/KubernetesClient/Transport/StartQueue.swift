/// The exchanges that have not begun yet, of one event loop.
///
/// Where connections are to be proved, an exchange for which libcurl opens a connection goes first, and the others wait
/// until it is answered or has failed: the server's bound on the streams of a connection is known then, and libcurl opens
/// further connections for what goes beyond it. A server that takes its time with that answer holds the others up for
/// ``patience`` at most, and one that speaks HTTP/1.1, with a connection for each exchange, not at all.
struct StartQueue {
  private var queue: [CurlTransfer] = []
  /// The exchange that has opened a connection, and until when it is waited for.
  private var first: (transfer: CurlTransfer, deadline: ContinuousClock.Instant)?
  private var sharesConnections = true

  static let patience = Duration.seconds(2)

  mutating func append(_ transfer: CurlTransfer) {
    queue.append(transfer)
  }

  /// Its reader has left, or it has ended.
  mutating func remove(_ transfer: CurlTransfer) {
    queue.removeAll { $0 === transfer }
    ended(transfer)
  }

  mutating func ended(_ transfer: CurlTransfer) {
    if first?.transfer === transfer { first = nil }
  }

  /// What still waits.
  var waiting: [CurlTransfer] { queue }

  /// The exchange that may begin now.
  mutating func next(provesConnections: Bool) -> CurlTransfer? {
    if let first, first.transfer.isAnswered {
      sharesConnections = first.transfer.isOnSharedConnection
      self.first = nil
    }
    guard !queue.isEmpty else { return nil }
    if provesConnections, sharesConnections, let first, ContinuousClock.now < first.deadline { return nil }
    return queue.removeFirst()
  }

  /// It has begun, on a connection that was there or on one that libcurl is opening.
  mutating func begun(_ transfer: CurlTransfer, reusesConnection: Bool) {
    guard !reusesConnection, !transfer.isAnswered else { return }
    first = (transfer, .now + Self.patience)
  }

  /// How long the queue may be left alone when nothing is heard.
  var longestWait: Duration {
    guard !queue.isEmpty else { return .seconds(60) }
    guard let first, !first.transfer.isAnswered else { return .zero }
    return max(.zero, ContinuousClock.now.duration(to: first.deadline))
  }
}
