import Synchronization

@testable import XDS

/// Judges tokens as a test says, and can be made to hold its answers back.
final class ScriptedReviewer: TokenReviewer {
  struct Unreachable: Error {}

  private struct State {
    var users: [String: String] = [:]
    var reviewed: [String] = []
    var isHolding = false
    var isUnreachable = false
    var held: [CheckedContinuation<Void, Never>] = []
    var running = 0
    var mostRunning = 0
  }

  private let state = Mutex(State())

  /// The tokens that were asked about, in order.
  var reviewed: [String] { state.withLock { $0.reviewed } }

  /// How many reviews were under way at once.
  var mostRunning: Int { state.withLock { $0.mostRunning } }

  /// Makes a token good.
  func accept(_ token: String, user: String) {
    state.withLock { $0.users[token] = user }
  }

  /// Makes a token bad.
  func refuse(_ token: String) {
    state.withLock { $0.users[token] = nil }
  }

  var isUnreachable: Bool {
    get { state.withLock { $0.isUnreachable } }
    set { state.withLock { $0.isUnreachable = newValue } }
  }

  /// Holds back all answers until ``release()``.
  func hold() {
    state.withLock { $0.isHolding = true }
  }

  /// Lets the answers go that are held back, and later ones.
  func release() {
    let held = state.withLock { state in
      defer { state.held = [] }
      state.isHolding = false
      return state.held
    }
    for continuation in held { continuation.resume() }
  }

  func review(token: String) async throws -> TokenVerdict {
    state.withLock {
      $0.reviewed.append(token)
      $0.running += 1
      $0.mostRunning = max($0.mostRunning, $0.running)
    }
    defer { state.withLock { $0.running -= 1 } }
    await withCheckedContinuation { continuation in
      let isHeld = state.withLock { state in
        if state.isHolding { state.held.append(continuation) }
        return state.isHolding
      }
      if !isHeld { continuation.resume() }
    }
    let (user, isUnreachable) = state.withLock { ($0.users[token], $0.isUnreachable) }
    if isUnreachable { throw Unreachable() }
    return user.map { .accepted(user: $0) } ?? .refused(reason: "invalid bearer token")
  }
}

/// A clock that a test sets.
final class TestClock: Sendable {
  private let passed = Mutex(Duration.zero)
  private let start = ContinuousClock.now
  static let unixStart = 1_800_000_000.0

  func advance(by duration: Duration) {
    passed.withLock { $0 += duration }
  }

  var clock: AuthenticationClock {
    AuthenticationClock(
      now: { self.start + self.passed.withLock { $0 } },
      unixTime: { Self.unixStart + self.passed.withLock { $0 } / .seconds(1) })
  }
}

/// Tokens that look like those of ServiceAccounts.
enum TestToken {
  /// - Parameter expiry: in seconds from the start of a ``TestClock``.
  static func make(_ identifier: String, expiry: Int? = 3600) -> String {
    let payload =
      #"{"aud":["kgateway"],"jti":"\#(identifier)""# + (expiry.map { #","exp":\#(1_800_000_000 + $0)}"# } ?? "}")
    return [#"{"alg":"RS256"}"#, payload, "signature of \(identifier)"].map(base64URL).joined(separator: ".")
  }

  static func base64URL(_ text: String) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var (bits, count): (Int, Int) = (0, 0)
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      bits = bits << 8 | Int(byte)
      count += 8
      while count >= 6 {
        count -= 6
        encoded.append(alphabet[bits >> count & 63])
      }
      bits &= (1 << count) - 1
    }
    if count > 0 { encoded.append(alphabet[bits << (6 - count) & 63]) }
    return String(decoding: encoded, as: UTF8.self)
  }
}
