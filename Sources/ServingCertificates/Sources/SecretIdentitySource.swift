package import FoundationEssentials
import JSON
package import KubernetesAPI
package import KubernetesClient
package import Logging
import Synchronization

/// The identity that is kept in a Secret, which every replica watches; the leader writes it, and renews what is in it.
///
/// A Secret that is without the label ``managedLabel`` is someone else's (cert-manager's, or a person's): it is used as it
/// is, and never written.
package final class SecretIdentitySource: ServingIdentitySource {
  /// What tells the leader that a Secret is its own.
  package static let managedLabel = (name: "app.kubernetes.io/managed-by", value: "kgateway")

  package struct Settings: Sendable {
    package var secret: NamespacedName
    package var rotation: CertificateRotation
    /// How often the leader looks at the time, and tries again what the API server refused.
    package var lookInterval: Duration
    /// Between two tries to write.
    package var backoff: Backoff
    package var now: @Sendable () -> Date

    package init(
      secret: NamespacedName, rotation: CertificateRotation, lookInterval: Duration = .seconds(60),
      backoff: Backoff = Backoff(), now: @escaping @Sendable () -> Date = { .now }
    ) {
      self.secret = secret
      self.rotation = rotation
      self.lookInterval = lookInterval
      self.backoff = backoff
      self.now = now
    }
  }

  private static let resource = APIResource(group: "", version: "v1", plural: "secrets", kind: "Secret")

  /// For how long what was written may take to come back by the watch, in seconds; only a tidy log depends on it.
  private static let patience: TimeInterval = 30

  /// The Secret as last seen.
  private enum Held {
    /// Not seen yet, or not in a form that can be read.
    case unknown
    case none
    case secret(Secret)
  }

  private struct State {
    var held = Held.unknown
    /// How often that was replaced.
    var generation = 0
    /// When there is nothing to write, as long as the Secret stays as it is. It has a beginning, since a clock that was
    /// ahead and is set back leads to a time in which what was written then is not valid yet.
    var settled: Range<Date>?
  }

  private let settings: Settings
  private let client: KubernetesClient
  private let leadership: Leadership
  private let logger: Logger
  private let check: IdentityCheck
  private let feed = IdentityFeed()
  private let state = Mutex(State())
  /// Wake the leader's part: something changed, or some time is over.
  private let looks: AsyncStream<Void>
  private let look: AsyncStream<Void>.Continuation
  private let contentFault: StandingFault
  private let watchFault: StandingFault
  private let writeFault: StandingFault

  /// - Parameters:
  ///   - client: of a replica; writes only while `leadership` allows it.
  package init(client: KubernetesClient, leadership: Leadership, settings: Settings, logger: Logger) {
    self.settings = settings
    self.client = client
    self.leadership = leadership
    self.logger = logger
    check = IdentityCheck(
      labels: IdentityCheck.Labels(
        certificate: CertificateMaterial.Field.certificate, key: CertificateMaterial.Field.key,
        authorities: CertificateMaterial.Field.authorities),
      names: settings.rotation.names)
    (looks, look) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    contentFault = StandingFault(logger: logger)
    watchFault = StandingFault(logger: logger)
    writeFault = StandingFault(logger: logger)
  }

  package func identities() -> AsyncStream<CheckedIdentity> { feed.identities() }

  package var awaited: String? { feed.current == nil ? "xDS certificate (Secret \(settings.secret))" : nil }

  /// To be called when this replica begins to lead, so that it looks at once.
  package func leads() { look.yield() }

  package func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.watch() }
      group.addTask { await self.keepTime() }
      group.addTask { for await _ in self.looks { await self.lookAfterSecret() } }
    }
  }

  private func keepTime() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: settings.lookInterval)
      look.yield()
    }
  }

  // MARK: Every replica

  private func watch() async {
    let secret = settings.secret
    let reflector = Reflector<Secret>(
      Self.resource, client: client,
      settings: .init(
        selection: ObjectSelection(namespace: secret.namespace, fieldSelector: "metadata.name=\(secret.name)"))
    ) { reader throws(JSONError) in
      try Secret(from: &reader)
    } onRestart: { [watchFault] restart in
      if restart.reason == .forbidden {
        watchFault.note(
          "\(restart.message); the operator's role must allow get, list and watch on the Secret \(secret)")
      }
    } onRecovery: { [watchFault] in
      watchFault.clear("the Secret \(secret) can be watched again")
    }
    await reflector.run { [self] event in
      switch event {
      case .upsert(let secret): await take(secret)
      case .delete: takeAbsence()
      case .synced: state.withLock { if case .unknown = $0.held { $0.held = .none } }
      case .undecodable(_, let error):
        hold(.unknown)
        contentFault.note("the Secret \(secret) cannot be read: \(error)\(consequence)")
      case .absent: break
      }
      look.yield()
    }
  }

  private func hold(_ held: Held) {
    state.withLock { state in
      state.held = held
      state.generation += 1
      state.settled = nil
    }
  }

  private func takeAbsence() {
    hold(.none)
    logger.warning("the Secret \(settings.secret) with the xDS certificate is gone; the leader makes a new one")
  }

  private func take(_ secret: Secret) async {
    hold(.secret(secret))
    func bytes(_ field: String) -> [UInt8] { secret.data[field] ?? [] }
    let identity = ServingIdentity(
      certificateChain: bytes(CertificateMaterial.Field.certificate), privateKey: bytes(CertificateMaterial.Field.key),
      authorities: bytes(CertificateMaterial.Field.authorities))
    do throws(IdentityFault) {
      let checked = try await check.check(identity, now: settings.now())
      contentFault.clear("the Secret \(settings.secret) is in order again")
      guard feed.publish(checked) else { return }
      logger.notice(
        "serves xDS with the certificate of the Secret \(settings.secret), valid until \(checked.end.formatted(.iso8601))"
      )
      if !checked.isForServer, !Self.isManaged(secret) {
        contentFault.note(
          """
          the certificate in the Secret \(settings.secret) is not for the name that proxies connect to \
          (--xds-service), so they will not accept it; issue one for \(settings.rotation.names.text)
          """)
      }
    } catch {
      contentFault.note("the Secret \(settings.secret): \(error)\(consequence)\(Self.advice(for: secret))")
    }
  }

  private var consequence: String {
    feed.current == nil ? "; xDS is not served until it is mended" : "; the last good certificate is served on"
  }

  private static func advice(for secret: Secret) -> String {
    isManaged(secret)
      ? "; the leader replaces what is damaged"
      : "; it is not kgateway's own and is left as it is: mend it, or delete it, and the leader makes a new one"
  }

  private static func isManaged(_ secret: Secret) -> Bool {
    secret.metadata.labels[managedLabel.name] == managedLabel.value
  }

  // MARK: The leader

  /// Writes what is due, until it is written or cannot be for now.
  private func lookAfterSecret() async {
    var failures = 0
    while !Task.isCancelled, leadership.isLeader, let write = due() {
      do {
        try await perform(write)
        return
      } catch is NotLeading {
        return
      } catch KubernetesError.status(let status, _) where status.code == 409 || write.isUpdate && status.code == 404 {
        // Someone else was quicker; what is due now depends on what that one wrote.
        await readAgain()
      } catch KubernetesError.status(let status, let request) where (400..<500).contains(status.code) {
        let secrets = settings.secret.namespace
        writeFault.note(
          """
          the xDS certificate cannot be written: \(KubernetesError.status(status, request: request)); the operator's \
          role must allow create on secrets in the namespace \(secrets), and get and update on \(settings.secret.name)
          """)
        return
      } catch {
        // The reflectors tell of an API server that cannot be reached.
        logger.debug("the xDS certificate was not written: \(error); trying again")
      }
      failures += 1
      try? await Task.sleep(
        for: settings.backoff.delay(after: failures, random: Double.random(in: 0..<1)))
    }
  }

  private struct Write {
    var secret: Secret
    var isUpdate: Bool
    var reasons: [String]
  }

  /// What is to be written now. Made anew for each try, so that an authority is never published later than its
  /// certificate says.
  private func due() -> Write? {
    let now = settings.now()
    let (held, generation) = state.withLock { state -> (Secret?, Int) in
      if state.settled?.contains(now) == true { return (nil, state.generation) }
      let held: Secret? =
        switch state.held {
        case .unknown: nil
        case .none:
          Secret(
            metadata: ObjectMeta(
              namespace: settings.secret.namespace, name: settings.secret.name,
              labels: [Self.managedLabel.name: Self.managedLabel.value]))
        case .secret(let secret): Self.isManaged(secret) ? secret : nil
        }
      return (held, state.generation)
    }
    guard var secret = held else { return nil }
    do {
      switch try settings.rotation.step(CertificateMaterial(secret.data), now: now) {
      case .wait(let until):
        // Not of what has come meanwhile, which would be left alone for as long.
        state.withLock { if $0.generation == generation { $0.settled = now..<max(now, until) } }
        return nil
      case .write(let material, let reasons):
        for (field, bytes) in try material.data() { secret.data[field] = bytes }
        return Write(secret: secret, isUpdate: !secret.metadata.resourceVersion.isEmpty, reasons: reasons)
      }
    } catch {
      writeFault.note("a certificate for xDS cannot be made: \(error)")
      return nil
    }
  }

  private func perform(_ write: Write) async throws {
    let client = client.limited(to: leadership)
    if write.isUpdate {
      try await client.replace(Self.resource, settings.secret, object: write.secret.json)
    } else {
      try await client.create(Self.resource, settings.secret, object: write.secret.json)
    }
    awaitSight(of: write)
    writeFault.clear("the xDS certificate can be written again")
    logger.notice(
      "\(write.isUpdate ? "wrote" : "created") the Secret \(settings.secret) \(write.reasons.joined(separator: ", "))")
  }

  /// Does nothing more to what is written until the watch shows it.
  private func awaitSight(of write: Write) {
    let now = settings.now()
    let time = now..<now + Self.patience
    state.withLock { state in
      switch state.held {
      case .secret(let secret):
        if secret.metadata.resourceVersion == write.secret.metadata.resourceVersion { state.settled = time }
      case .none: state.settled = time
      case .unknown: break
      }
    }
  }

  private func readAgain() async {
    do {
      await take(
        try await client.get(Self.resource, settings.secret) { reader throws(JSONError) in try Secret(from: &reader) })
    } catch KubernetesError.status(let status, _) where status.code == 404 {
      hold(.none)
    } catch {
      logger.debug("the Secret \(settings.secret) cannot be read: \(error)")
    }
  }
}

extension Secret: WatchedObject {}
