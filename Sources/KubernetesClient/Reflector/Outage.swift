/// For how long, at least, a server has taken no request.
///
/// A server that was restored from a backup while it could not be asked may have written so much since that it has passed
/// the state that is known here. It would take a watch from there, and tell nothing of what it has written before. That
/// takes about as long as the backup was old, so a minute without the server is where the doubt begins.
struct Outage: Sendable {
  private var length = Duration.zero
  /// Whether the server has taken the request that is under way.
  private var isAccepted = false

  /// The server has taken the request for a list or a watch.
  mutating func accepted() {
    isAccepted = true
    length = .zero
  }

  /// The request came to its end.
  mutating func ended() {
    isAccepted = false
    length = .zero
  }

  /// The request has failed `lifetime` after it was made, and the next one follows after a delay.
  ///
  /// A server that asks for patience is there, and not to be asked for more than before. An attempt counts for a quarter
  /// of a minute at most: it may be a list that came to its middle.
  mutating func failed(_ failure: WatchFailure, after lifetime: Duration, delay: Duration) {
    defer { isAccepted = false }
    guard failure.reason != .throttled else { return }
    length += (isAccepted ? .zero : min(lifetime, .seconds(15))) + delay
  }

  /// Whether it has come to this length; then it begins anew.
  mutating func reaches(_ limit: Duration) -> Bool {
    guard length >= limit else { return false }
    length = .zero
    return true
  }
}
