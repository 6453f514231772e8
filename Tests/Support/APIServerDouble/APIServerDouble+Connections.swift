extension APIServerDouble {
  /// The connections that requests came on and that are open.
  package var connectionCount: Int { connections.count.open }

  /// The connections that requests came on, since the double was made.
  package var connectionsMade: Int { connections.count.made }

  /// Asks every client to go elsewhere with its next requests, as a server does that is about to end: GOAWAY where the
  /// connection is one of HTTP/2. Watches that are open go on; ``dropWatches()`` ends them.
  package func sendGoAway() { connections.quiesce() }
}
