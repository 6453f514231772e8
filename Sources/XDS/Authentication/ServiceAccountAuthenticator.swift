package import EnvoyAPI
import FoundationEssentials
package import GRPCServer
import NIOCore

/// Binds a stream to a Gateway by its bearer token: that of the ServiceAccount of the Gateway's name, in the Gateway's
/// namespace. Nothing that the proxy says of itself counts.
///
/// A token is looked at when its stream opens. A stream that is open goes on when its token has expired meanwhile, its
/// ServiceAccount is deleted, or its pod is gone: until the server asks its connection to go, an hour after it began at
/// the latest (`GRPCServer.Configuration.maximumConnectionAge`, and its grace). So whoever holds a token reads the
/// configuration of its Gateway for that hour, and for the ten minutes that a verdict is remembered, beyond the token's
/// revocation; beyond its expiry for the hour. While the API server cannot be asked, a token that was good when it was
/// asked about last is good until it expires, for a day at most: or an API server that is away would keep proxies that
/// start again, or come from another replica, from their configuration.
///
/// A good token of a ServiceAccount that no Gateway is named after is refused, but only where all Gateways are known.
/// A proxy that is there before its Gateway is not refused for ever: Envoy comes again, at first after half a second,
/// then every 30 s at the most.
package final class ServiceAccountAuthenticator: StreamAuthenticator, ReplicaAuthenticator {
  /// How much is remembered, and how much may be asked.
  package struct Settings: Sendable {
    /// For how long a good token is not asked about again, if it does not expire before.
    package var successLifetime = Duration.seconds(600)
    /// For how long a good token counts where nobody can be asked about it again, if it does not expire before.
    package var standbyLifetime = Duration.seconds(24 * 3600)
    /// How long before its expiry a token is asked about again, for clocks that differ.
    package var expiryMargin = Duration.seconds(10)
    /// For how long a token that was refused is not asked about again.
    package var failureLifetime = Duration.seconds(10)
    /// How many tokens are remembered; each takes some 200 bytes.
    package var knownTokens = 20_000
    /// How many reviews are under way at a time.
    package var runningReviews = 16
    /// How many reviews are under way or wait for their turn: after a restart every proxy comes with a token of its own.
    package var pendingReviews = 4_096
    /// How many attempts of one address may fail, or wait for their review, at a time. Pods have addresses of their own;
    /// those that share one (their node's, say) share this.
    package var failedAttempts = 20
    /// After which another attempt of an address may fail. Envoy comes again every 15 s on average.
    package var failedAttemptInterval = Duration.seconds(3)
    /// Of how many addresses failed attempts are counted.
    package var knownPeers = 8_192

    package init() {}
  }

  let reviews: TokenReviews
  private let operatorAccount: GatewayID?
  private let isServed: @Sendable (GatewayID) async -> Bool
  private let count: @Sendable (AuthenticationResult) -> Void

  /// - Parameters:
  ///   - operatorAccount: The ServiceAccount that this program runs as, in each of its replicas: never that of a proxy,
  ///     whatever Gateways there are.
  ///   - isServed: Whether a Gateway may be one that is served; true of every one as long as not all are known.
  ///   - count: Called once for each stream that was not given up before.
  package convenience init(
    reviewer: any TokenReviewer, settings: Settings = Settings(), operatorAccount: GatewayID? = nil,
    isServed: @escaping @Sendable (GatewayID) async -> Bool,
    count: @escaping @Sendable (AuthenticationResult) -> Void
  ) {
    self.init(
      reviewer: reviewer, settings: settings, clock: .system, operatorAccount: operatorAccount, isServed: isServed,
      count: count)
  }

  init(
    reviewer: any TokenReviewer, settings: Settings, clock: AuthenticationClock, operatorAccount: GatewayID? = nil,
    isServed: @escaping @Sendable (GatewayID) async -> Bool,
    count: @escaping @Sendable (AuthenticationResult) -> Void
  ) {
    reviews = TokenReviews(reviewer: reviewer, settings: settings, clock: clock)
    self.operatorAccount = operatorAccount
    self.isServed = isServed
    self.count = count
  }

  package func gateway(
    for node: Envoy_Config_Core_V3_Node, request: GRPCRequest
  ) async throws(StreamRefusal) -> GatewayID {
    do throws(Failure) {
      let user = try await user(of: request)
      let gateway = try await gateway(of: user)
      count(.accepted)
      return gateway
    } catch {
      if let result = error.result { count(result) }
      throw error.refusal
    }
  }

  package func authenticateReplica(_ request: GRPCRequest) async throws(StreamRefusal) {
    do throws(Failure) {
      let user = try await user(of: request)
      guard let operatorAccount, GatewayID(serviceAccountUser: user) == operatorAccount else {
        throw .notReplica(user)
      }
    } catch {
      throw error.refusal
    }
  }

  private func user(of request: GRPCRequest) async throws(Failure) -> String {
    let peer = request.peer?.ipAddress ?? ""
    let token: BearerToken
    do throws(BearerToken.Problem) {
      token = try BearerToken(request.metadata)
    } catch {
      guard reviews.countFailure(of: peer) else { throw .limited }
      throw Failure(error)
    }
    switch await reviews.outcome(of: token, from: peer) {
    case .accepted(let user): return user
    case .refused(let reason): throw .invalid("the review of its token says: \(reason.isEmpty ? "no" : reason)")
    case .limited: throw .limited
    case .unavailable(let reason): throw .unavailable(reason)
    case .cancelled: throw .cancelled
    }
  }

  private func gateway(of user: String) async throws(Failure) -> GatewayID {
    guard let gateway = GatewayID(serviceAccountUser: user) else {
      throw .forbidden("its token is that of \"\(ForeignText.line(user))\", which is no ServiceAccount")
    }
    guard gateway != operatorAccount else { throw .forbidden("its token is that of the operator itself, \(gateway)") }
    guard await isServed(gateway) else {
      throw .forbidden("its token is that of the ServiceAccount \(gateway), and there is no Gateway of that name here")
    }
    return gateway
  }
}

extension ServiceAccountAuthenticator {
  /// Why there is no Gateway for a stream: how it is counted, and what is said.
  private struct Failure: Error {
    let result: AuthenticationResult?
    let refusal: StreamRefusal

    private init(_ result: AuthenticationResult?, _ code: GRPCStatus.Code, _ message: String, reason: String? = nil) {
      self.result = result
      refusal = StreamRefusal(GRPCStatus(code, message), reason: reason)
    }

    init(_ problem: BearerToken.Problem) {
      switch problem {
      case .missing(let reason): self.init(.missing, .unauthenticated, "a bearer token is needed", reason: reason)
      case .malformed(let reason): self = .invalid(reason)
      }
    }

    static func invalid(_ reason: String) -> Failure {
      Failure(.invalid, .unauthenticated, "the bearer token is not accepted", reason: reason)
    }

    static func forbidden(_ reason: String) -> Failure {
      Failure(.forbidden, .permissionDenied, "this account has no Gateway here", reason: reason)
    }

    static func notReplica(_ user: String) -> Failure {
      Failure(
        .forbidden, .permissionDenied, "this account is not the operator's",
        reason: "its token is that of \"\(ForeignText.line(user))\"")
    }

    static func unavailable(_ reason: String) -> Failure {
      Failure(
        .unavailable, .unavailable, "the bearer token cannot be checked now; try again",
        reason: "its token cannot be checked: \(reason)")
    }

    static let limited = Failure(
      .limited, .resourceExhausted, "too many attempts failed; try again later",
      reason: "too many attempts from its address failed")

    /// The stream has ended.
    static let cancelled = Failure(nil, .cancelled, "")
  }
}

/// The time, which tests make go.
struct AuthenticationClock: Sendable {
  let now: @Sendable () -> ContinuousClock.Instant
  /// In seconds since 1970, as in tokens.
  let unixTime: @Sendable () -> Double

  static let system = AuthenticationClock(
    now: { ContinuousClock.now }, unixTime: { Date.now.timeIntervalSince1970 })
}
