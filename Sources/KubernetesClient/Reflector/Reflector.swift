package import JSON
package import KubernetesAPI

/// An object that can be reflected: its metadata tells which one it is, and in which state.
package protocol WatchedObject: Sendable {
  var metadata: ObjectMeta { get }
}

/// What a reflector tells of the objects of its kind.
package enum ReflectorEvent<Object: WatchedObject>: Sendable {
  /// The object is new or has changed.
  case upsert(Object)
  /// The object is gone.
  case delete(NamespacedName)
  /// The object is new or has changed, and cannot be read; nil where not even its name can be.
  case undecodable(NamespacedName?, JSONError)
  /// All objects that the server has are told. Once, and again after the kind was absent.
  case synced
  /// The server does not have the kind: its CustomResourceDefinition is not installed. Told once until it appears.
  case absent
}

/// Keeps its consumer up to date about the objects of one kind, through everything that a server, a network and time
/// do to a watch.
package struct Reflector<Object: WatchedObject>: Sendable {
  package struct Settings: Sendable {
    package var selection: ObjectSelection
    /// Items of a page.
    package var pageSize: Int
    /// Between these, a watch is asked to last; chosen anew each time, so that watches do not end together.
    package var watchTimeout: ClosedRange<Duration>
    /// A watch that says nothing for this long is given up. The API server sends a bookmark about every minute.
    package var silence: Duration
    package var backoff: Backoff
    /// How often to look for a kind that is absent.
    package var absentInterval: Duration

    package init(
      selection: ObjectSelection = ObjectSelection(), pageSize: Int = 500,
      watchTimeout: ClosedRange<Duration> = .seconds(300)...(.seconds(600)), silence: Duration = .seconds(90),
      backoff: Backoff = Backoff(), absentInterval: Duration = .seconds(30)
    ) {
      self.selection = selection
      self.pageSize = pageSize
      self.watchTimeout = watchTimeout
      self.silence = silence
      self.backoff = backoff
      self.absentInterval = absentInterval
    }
  }

  private let client: KubernetesClient
  private let resource: APIResource
  private let settings: Settings
  private let clock: ReflectorClock
  private let decode: @Sendable (inout JSONReader) throws(JSONError) -> Object
  private let onRestart: @Sendable (WatchRestart) -> Void
  private let onRecovery: @Sendable () -> Void

  /// - Parameters:
  ///   - decode: reads one object.
  ///   - onRestart: hears why a list or a watch had to be begun again; must be quick.
  ///   - onRecovery: hears that the server takes requests again after such a restart; must be quick.
  package init(
    _ resource: APIResource, client: KubernetesClient, settings: Settings = Settings(),
    clock: ReflectorClock = .system,
    decode: @escaping @Sendable (inout JSONReader) throws(JSONError) -> Object,
    onRestart: @escaping @Sendable (WatchRestart) -> Void = { _ in },
    onRecovery: @escaping @Sendable () -> Void = {}
  ) {
    self.resource = resource
    self.client = client
    self.settings = settings
    self.clock = clock
    self.decode = decode
    self.onRestart = onRestart
    self.onRecovery = onRecovery
  }

  /// Reflects until the task is cancelled. `deliver` gets one event after the other; as long as it does not return,
  /// nothing more is read from the server.
  @concurrent
  package func run(_ deliver: @escaping @Sendable (ReflectorEvent<Object>) async -> Void) async {
    let run = Run(reflector: self, deliver: deliver)
    do {
      try await run.go()
    } catch {
      // Only the end of the task ends the run.
    }
  }

  /// The state of one run; confined to its task.
  private final class Run {
    let reflector: Reflector
    let deliver: @Sendable (ReflectorEvent<Object>) async -> Void
    var machine: WatchStateMachine
    /// Whether a restart was told, and no recovery since.
    private var isRestarting = false

    init(reflector: Reflector, deliver: @escaping @Sendable (ReflectorEvent<Object>) async -> Void) {
      self.reflector = reflector
      self.deliver = deliver
      machine = WatchStateMachine(
        WatchStateMachine.Settings(
          backoff: reflector.settings.backoff, absentInterval: reflector.settings.absentInterval,
          streamsLists: reflector.client.streamedLists != nil))
    }

    func go() async throws {
      var step = machine.begin()
      while true {
        try Task.checkCancellation()
        switch step {
        case .stream:
          step = await finish(try await streamList())
        case .list(let token):
          step = await finish(try await list(token))
        case .watch(let resourceVersion):
          step = await finish(try await watch(resourceVersion))
        case .wait(let delay):
          try await reflector.clock.sleep(delay)
          step = machine.waited()
        }
      }
    }

    private func finish(_ transition: WatchStateMachine.Transition) async -> WatchStateMachine.Step {
      for notice in transition.notices {
        switch notice {
        case .deleted(let id): await deliver(.delete(id))
        case .synced: await deliver(.synced)
        case .absent: await deliver(.absent)
        case .restarted(let reason, let message, let delay):
          isRestarting = true
          reflector.onRestart(
            WatchRestart(kind: reflector.resource.kind, reason: reason, message: message, delay: delay))
        }
      }
      return transition.step
    }

    private func list(_ token: String?) async throws -> WatchStateMachine.Transition {
      let start = reflector.clock.now()
      do {
        let metadata = try await reflector.client.list(
          reflector.resource, reflector.settings.selection, limit: reflector.settings.pageSize, continueToken: token
        ) { item in
          try Task.checkCancellation()
          await receive(item)
        }
        accepted()
        return machine.pageEnded(metadata)
      } catch {
        return try failed(error, since: start)
      }
    }

    private func streamList() async throws -> WatchStateMachine.Transition {
      guard let knowledge = reflector.client.streamedLists, knowledge.mayBeAsked else { return machine.streamRefused() }
      let start = reflector.clock.now()
      do {
        let metadata = try await reflector.client.streamList(
          reflector.resource, reflector.settings.selection, knowledge
        ) { event in
          try Task.checkCancellation()
          await receive(event)
        }
        accepted()
        return machine.pageEnded(metadata)
      } catch is NoStreamedLists {
        return machine.streamRefused()
      } catch {
        return try failed(error, since: start)
      }
    }

    private func watch(_ resourceVersion: String) async throws -> WatchStateMachine.Transition {
      let start = reflector.clock.now()
      let range = reflector.settings.watchTimeout
      let timeout = range.lowerBound + (range.upperBound - range.lowerBound) * reflector.clock.random()
      do {
        try await reflector.client.watch(
          reflector.resource, reflector.settings.selection, from: resourceVersion, timeout: timeout,
          idleTimeout: reflector.settings.silence, accepted: accepted
        ) { event in
          try Task.checkCancellation()
          await receive(event)
        }
        return machine.watchEnded(after: reflector.clock.now() - start, random: reflector.clock.random())
      } catch {
        return try failed(error, since: start)
      }
    }

    private func accepted() {
      machine.accepted()
      guard isRestarting else { return }
      isRestarting = false
      reflector.onRecovery()
    }

    private func failed(_ error: any Error, since start: Duration) throws -> WatchStateMachine.Transition {
      if error is CancellationError { throw error }
      return machine.failed(
        WatchFailure(error), after: reflector.clock.now() - start, random: reflector.clock.random())
    }

    // MARK: Objects

    private func receive(_ item: ArraySlice<UInt8>) async {
      switch decode(item) {
      case .success(let object):
        guard machine.listed(object.metadata.id, object.metadata.resourceVersion) else { return }
        await deliver(.upsert(object))
      case .failure(let error):
        let identity = ObjectIdentity(item)
        if let id = identity.id, !machine.listed(id, identity.resourceVersion) { return }
        await deliver(.undecodable(identity.id, error))
      }
    }

    private func receive(_ event: WatchEvent) async {
      switch event.kind {
      case .added, .modified:
        switch decode(event.object) {
        case .success(let object):
          guard machine.watched(event.kind, object.metadata.id, object.metadata.resourceVersion) != .none else {
            return
          }
          await deliver(.upsert(object))
        case .failure(let error):
          await receiveUndecodable(event, error)
        }
      case .deleted:
        let identity = ObjectIdentity(event.object)
        guard let id = identity.id else { return machine.bookmarked(identity.resourceVersion) }
        if machine.watched(.deleted, id, identity.resourceVersion) != .none { await deliver(.delete(id)) }
      case .bookmark, .error:
        // The client throws an error event; it does not come here.
        machine.bookmarked(ObjectIdentity(event.object).resourceVersion)
      }
    }

    private func receiveUndecodable(_ event: WatchEvent, _ error: JSONError) async {
      let identity = ObjectIdentity(event.object)
      if let id = identity.id {
        guard machine.watched(event.kind, id, identity.resourceVersion) != .none else { return }
      } else {
        machine.bookmarked(identity.resourceVersion)
      }
      await deliver(.undecodable(identity.id, error))
    }

    private func decode(_ bytes: ArraySlice<UInt8>) -> Result<Object, JSONError> {
      do throws(JSONError) {
        var reader = JSONReader(bytes)
        let object = try reflector.decode(&reader)
        try reader.readEnd()
        guard !object.metadata.name.isEmpty else { throw reader.error("metadata.name is missing") }
        return .success(object)
      } catch {
        return .failure(error)
      }
    }
  }
}
