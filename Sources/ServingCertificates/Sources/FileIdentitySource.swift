package import FoundationEssentials
import KubernetesClient
package import Logging
import Synchronization

/// The identity that is kept in three files, as a Secret of cert-manager's is mounted; read again when they change.
///
/// They are read every few seconds and compared: Kubernetes replaces a mounted Secret by turning a link around, which
/// changes no file that could be watched, and three small files that are in memory cost less than a millisecond.
/// Certificate and key that do not belong together are not used: one of them is still to be written.
package final class FileIdentitySource: ServingIdentitySource {
  package struct Paths: Hashable, Sendable {
    package var certificate: String
    package var key: String
    package var authorities: String

    package init(certificate: String, key: String, authorities: String) {
      self.certificate = certificate
      self.key = key
      self.authorities = authorities
    }
  }

  private struct State {
    /// What was read last, used or not.
    var seen: ServingIdentity?
    /// What was found wrong in it, once: it may have been read in the middle of a change.
    var isSuspect = false
  }

  /// A bundle of all public authorities has a fifth of this.
  private static let limit = 1 << 20

  private let paths: Paths
  private let names: ServerNames
  private let check: IdentityCheck
  private let interval: Duration
  private let now: @Sendable () -> Date
  private let logger: Logger
  private let feed = IdentityFeed()
  private let state = Mutex(State())
  private let fault: StandingFault

  /// - Parameters:
  ///   - names: under which clients reach the server, to warn of a certificate that is for others.
  ///   - interval: how often the files are looked at.
  package init(
    paths: Paths, names: ServerNames, interval: Duration = .seconds(5), now: @escaping @Sendable () -> Date = { .now },
    logger: Logger
  ) {
    self.paths = paths
    self.names = names
    self.interval = interval
    self.now = now
    self.logger = logger
    check = IdentityCheck(
      labels: IdentityCheck.Labels(
        certificate: paths.certificate, key: paths.key, authorities: paths.authorities), names: names)
    fault = StandingFault(logger: logger)
  }

  package func identities() -> AsyncStream<CheckedIdentity> { feed.identities() }

  package var awaited: String? { feed.current == nil ? "xDS certificate (\(paths.certificate))" : nil }

  /// Reads the files for the first time.
  ///
  /// - Throws: ``IdentityFault`` if there is nothing in them to serve with.
  package func load() async throws(IdentityFault) {
    let identity = try read()
    let checked = try await check.check(identity, now: now())
    state.withLock { $0.seen = identity }
    publish(checked)
  }

  package func run() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: interval)
      if !Task.isCancelled { await refresh() }
    }
  }

  private func refresh() async {
    do throws(IdentityFault) {
      let identity = try read()
      let (isSeen, isSuspect) = state.withLock { state in
        defer { state.seen = identity }
        return (state.seen == identity, state.isSuspect)
      }
      guard !isSeen || isSuspect else { return }
      let checked = try await check.check(identity, now: now())
      state.withLock { $0.isSuspect = false }
      fault.clear("the files of the xDS certificate are in order again")
      publish(checked)
    } catch {
      let wasSuspect = state.withLock { state in
        defer { state.isSuspect = true }
        return state.isSuspect
      }
      if wasSuspect { fault.note("\(error); the last good xDS certificate is served on") }
    }
  }

  private func read() throws(IdentityFault) -> ServingIdentity {
    func contents(_ path: String) throws(IdentityFault) -> [UInt8] {
      do {
        return try fileContents(path, limit: Self.limit)
      } catch {
        throw IdentityFault("\(error)")
      }
    }
    return ServingIdentity(
      certificateChain: try contents(paths.certificate), privateKey: try contents(paths.key),
      authorities: try contents(paths.authorities))
  }

  private func publish(_ checked: CheckedIdentity) {
    guard feed.publish(checked) else { return }
    logger.notice(
      "serves xDS with the certificate in \(paths.certificate), valid until \(checked.end.formatted(.iso8601))")
    if !checked.isForServer {
      logger.warning(
        """
        the certificate in \(paths.certificate) is not for the name that proxies connect to (--xds-service), so they \
        will not accept it; issue one for \(names.text)
        """)
    }
  }
}
