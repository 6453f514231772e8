import NIOCore
import NIOHTTP2

/// When an HTTP/2 connection is probed, asked to go, and closed; without any I/O and without a clock of its own.
///
/// A graceful end goes as RFC 9113 section 6.8 advises: a GOAWAY that allows every stream, a PING, and when its answer
/// proves that the client has seen both, a GOAWAY that names the last stream that is served. Calls may go on until
/// the grace time is over, which starts with the first GOAWAY, since a dead client answers no PING.
struct GRPCConnectionStateMachine {
  enum Action: Equatable {
    case goAway(lastStream: HTTP2StreamID)
    case ping(HTTP2PingData)
    case startGrace(TimeAmount)
    /// End the open calls with UNAVAILABLE.
    case finishCalls
    /// Close the connection when what was written is out.
    case close
  }

  enum KeepaliveAction: Equatable {
    case check(at: NIODeadline)
    case ping(HTTP2PingData, checkAt: NIODeadline)
    /// The client is dead: nothing that is written will arrive.
    case close
  }

  private enum Phase {
    case serving
    /// The first GOAWAY is out.
    case announced
    /// The GOAWAY that names the last stream is out.
    case draining
    case closing
  }

  static let keepalivePing = HTTP2PingData(withInteger: 1)
  static let drainPing = HTTP2PingData(withInteger: 2)

  private let keepaliveInterval: TimeAmount
  private let keepaliveTimeout: TimeAmount
  private var phase = Phase.serving
  private var openStreams = 0
  private var lastStream = HTTP2StreamID.rootStream
  private var lastReceived: NIODeadline
  private var pingedAt: NIODeadline?

  init(keepaliveInterval: TimeAmount, keepaliveTimeout: TimeAmount, now: NIODeadline) {
    self.keepaliveInterval = keepaliveInterval
    self.keepaliveTimeout = keepaliveTimeout
    self.lastReceived = now
  }

  // MARK: Streams

  mutating func streamOpened(_ id: HTTP2StreamID?) {
    openStreams += 1
    if let id { lastStream = max(lastStream, id) }
  }

  mutating func streamClosed() -> [Action] {
    openStreams -= 1
    guard openStreams == 0, phase == .draining else { return [] }
    phase = .closing
    return [.close]
  }

  // MARK: The graceful end

  /// The connection is to end: it is too old, or the server shuts down. A second call can only shorten the grace.
  mutating func drain(grace: TimeAmount) -> [Action] {
    switch phase {
    case .serving:
      phase = .announced
      return [.goAway(lastStream: .maxID), .ping(Self.drainPing), .startGrace(grace)]
    case .announced, .draining: return [.startGrace(grace)]
    case .closing: return []
    }
  }

  /// The client answered a PING.
  mutating func receivedPingAnswer(_ data: HTTP2PingData) -> [Action] {
    guard phase == .announced, data == Self.drainPing else { return [] }
    phase = openStreams == 0 ? .closing : .draining
    let goAway = Action.goAway(lastStream: lastStream)
    return phase == .closing ? [goAway, .close] : [goAway]
  }

  /// The grace time of a drain is over.
  mutating func graceEnded() -> [Action] {
    guard phase != .closing else { return [] }
    let hasNamedLastStream = phase == .draining
    phase = .closing
    return [.finishCalls] + (hasNamedLastStream ? [] : [.goAway(lastStream: lastStream)]) + [.close]
  }

  // MARK: Keepalive

  /// Anything came from the client.
  mutating func received(at now: NIODeadline) {
    lastReceived = now
  }

  /// It is time to see whether the client lives.
  mutating func checkKeepalive(at now: NIODeadline) -> KeepaliveAction {
    if let pinged = pingedAt, lastReceived < pinged {
      return now >= pinged + keepaliveTimeout ? .close : .check(at: pinged + keepaliveTimeout)
    }
    guard now >= lastReceived + keepaliveInterval else {
      pingedAt = nil
      return .check(at: lastReceived + keepaliveInterval)
    }
    pingedAt = now
    return .ping(Self.keepalivePing, checkAt: now + keepaliveTimeout)
  }
}
