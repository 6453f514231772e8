import CCurl
import Synchronization

/// The thread that drives one curl_multi handle. Other threads hand it commands; libcurl is used nowhere else.
final class CurlEventLoop: Sendable {
  enum Command: Sendable {
    case start(CurlTransfer)
    /// The reader has taken what a paused transfer held.
    case resume(CurlTransfer)
    /// The reader is gone; nothing happens when the transfer has ended by itself.
    case end(CurlTransfer)
  }

  private struct Inbox {
    var commands: [Command] = []
    var isStopping = false
    /// No command is taken any more, and the multi handle may be gone.
    var isClosed = false
    var waitingForEnd: [CheckedContinuation<Void, Never>] = []
  }

  /// Unchecked, because libcurl's pointer has no Sendable type: only the loop's thread uses the handle, but for
  /// `curl_multi_wakeup`, which libcurl allows from any thread, and which is called under the inbox's lock, before the
  /// loop closes the inbox and frees the handle.
  private struct Multi: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
  }

  private let configuration: CurlTransport.Configuration
  private let multi: Multi
  private let inbox = Mutex(Inbox())

  private static let globalInitialization = ccurl_global_init()

  init(_ configuration: CurlTransport.Configuration) throws(TransportError) {
    self.configuration = configuration
    guard Self.globalInitialization == CURLE_OK, let pointer = curl_multi_init() else {
      throw TransportError(
        .invalidConfiguration, server: configuration.server.description, message: "libcurl cannot be initialized")
    }
    multi = Multi(pointer: pointer)
    _ = ccurl_multi_set_long(pointer, CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.maximumConnections)
    _ = ccurl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, configuration.keptConnections)
    guard startThread({ [self] in run() }) else {
      curl_multi_cleanup(pointer)
      throw TransportError(
        .invalidConfiguration, server: configuration.server.description, message: "no thread can be started")
    }
  }

  /// Never blocks; a loop that has ended fails the transfer that is to start.
  func submit(_ command: Command) {
    let isClosed = inbox.withLock { inbox in
      guard !inbox.isClosed else { return true }
      inbox.commands.append(command)
      curl_multi_wakeup(multi.pointer)
      return false
    }
    if isClosed, case .start(let transfer) = command {
      transfer.fail(.shutDown, "the client was shut down")
    }
  }

  /// Lets the loop end soon.
  func stop() {
    inbox.withLock { inbox in
      guard !inbox.isClosed else { return }
      inbox.isStopping = true
      curl_multi_wakeup(multi.pointer)
    }
  }

  /// Lets the loop end, and waits for it.
  func shutdown() async {
    stop()
    await withCheckedContinuation { continuation in
      let isClosed = inbox.withLock { inbox in
        if !inbox.isClosed { inbox.waitingForEnd.append(continuation) }
        return inbox.isClosed
      }
      if isClosed { continuation.resume() }
    }
  }

  // MARK: On the thread

  /// What only the thread knows.
  fileprivate struct Exchanges {
    var handles: [ObjectIdentifier: CurlHandle] = [:]
    var starts = StartQueue()
  }

  private func run() {
    var exchanges = Exchanges()
    while true {
      let (commands, isStopping) = inbox.withLock { inbox in
        defer { inbox.commands.removeAll(keepingCapacity: true) }
        return (inbox.commands, inbox.isStopping)
      }
      for command in commands { carryOut(command, &exchanges) }
      if isStopping { break }
      perform()
      // An answer that has come may let another exchange start.
      while let transfer = exchanges.starts.next(provesConnections: configuration.provesConnections) {
        begin(transfer, &exchanges)
        perform()
        exchanges.starts.begun(transfer, reusesConnection: exchanges.handle(of: transfer)?.reusesConnection ?? true)
      }
      collectFinished(&exchanges)
      let wait = min(expireSilent(&exchanges), exchanges.starts.longestWait)
      curl_multi_poll(multi.pointer, nil, 0, Int32(clamping: wait.milliseconds + 1), nil)
    }
    close(&exchanges)
  }

  private func perform() {
    var running: Int32 = 0
    curl_multi_perform(multi.pointer, &running)
  }

  private func carryOut(_ command: Command, _ exchanges: inout Exchanges) {
    switch command {
    case .start(let transfer):
      exchanges.starts.append(transfer)
    case .resume(let transfer):
      exchanges.handle(of: transfer)?.resume()
    case .end(let transfer):
      exchanges.starts.remove(transfer)
      remove(ObjectIdentifier(transfer), &exchanges.handles)
    }
  }

  private func begin(_ transfer: CurlTransfer, _ exchanges: inout Exchanges) {
    do throws(TransportError) {
      let handle = try CurlHandle(transfer, configuration)
      let code = curl_multi_add_handle(multi.pointer, handle.easy)
      guard code == CURLM_OK else {
        transfer.fail(.unreachable, "no exchange can begin: \(String(cString: curl_multi_strerror(code)))")
        return
      }
      exchanges.handles[ObjectIdentifier(transfer)] = handle
    } catch {
      transfer.fail(error)
    }
  }

  @discardableResult
  private func remove(_ id: ObjectIdentifier, _ handles: inout [ObjectIdentifier: CurlHandle]) -> CurlHandle? {
    guard let handle = handles.removeValue(forKey: id) else { return nil }
    curl_multi_remove_handle(multi.pointer, handle.easy)
    return handle
  }

  /// Hands over what has ended. One that got no answer in time takes its connection with it: a connection of HTTP/2
  /// would be kept, and one that is dead without having said so, because a network has lost it, would take every
  /// exchange after it for as long as the kernel tries to send (15 minutes on Linux).
  private func collectFinished(_ exchanges: inout Exchanges) {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi.pointer, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
      // The message is gone once its handle is removed.
      let code = message.pointee.data.result
      var context: UnsafeMutableRawPointer?
      guard ccurl_get_pointer(easy, CURLINFO_PRIVATE, &context) == CURLE_OK, let context else { continue }
      let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
      if code == CURLE_OPERATION_TIMEDOUT, transfer.isUnanswered { ccurl_end_connection(easy) }
      exchanges.starts.ended(transfer)
      remove(ObjectIdentifier(transfer), &exchanges.handles)?.finish(code)
    }
  }

  /// Gives up the transfers whose server has been silent for too long; returns how long until the next one may have to.
  ///
  /// Where they share a connection, and nothing has come on it for nearly as long, that is dead, because a network has
  /// lost it: it is ended, so that what else is on it fails now, and once, and nothing more is sent there.
  private func expireSilent(_ exchanges: inout Exchanges) -> Duration {
    var wait = Duration.seconds(60)
    let now = ContinuousClock.now
    for (id, handle) in exchanges.handles {
      // One that went with another's connection is there no more.
      guard exchanges.handles[id] != nil, let silence = handle.transfer.silence else { continue }
      guard silence.deadline <= now else {
        wait = min(wait, now.duration(to: silence.deadline))
        continue
      }
      let connection = handle.connection
      let isDead =
        configuration.version == .negotiated && connection != nil
        && !exchanges.hasHeard(on: connection, since: now - silence.limit * Self.silentPart)
      if isDead { handle.forbidReuse() }
      exchanges.starts.ended(handle.transfer)
      remove(id, &exchanges.handles)
      handle.transfer.failSilent(silence.limit)
      if isDead { giveUp(connection, silence.limit, &exchanges) }
    }
    return wait
  }

  /// Fails what else is on a connection, which ends with the last of it.
  private func giveUp(_ connection: UnsafeRawPointer?, _ limit: Duration, _ exchanges: inout Exchanges) {
    for (id, handle) in exchanges.handles where handle.connection == connection {
      handle.forbidReuse()
      exchanges.starts.ended(handle.transfer)
      remove(id, &exchanges.handles)
      handle.transfer.fail(
        .connectionLost, "the connection was given up: another exchange on it was silent for \(limit.secondsText)")
    }
  }

  /// The part of an exchange's own bound for which its connection has to be silent as well to be taken for dead. The
  /// watches of a connection may get their bookmarks all in the same second of a minute, and a watch is given up after
  /// one and a half.
  private static let silentPart = 0.75

  private func close(_ exchanges: inout Exchanges) {
    let (commands, waiting) = inbox.withLock { inbox in
      inbox.isClosed = true
      defer { (inbox.commands, inbox.waitingForEnd) = ([], []) }
      return (inbox.commands, inbox.waitingForEnd)
    }
    for case .start(let transfer) in commands {
      transfer.fail(.shutDown, "the client was shut down")
    }
    for transfer in exchanges.starts.waiting {
      transfer.fail(.shutDown, "the client was shut down")
    }
    for id in Array(exchanges.handles.keys) {
      remove(id, &exchanges.handles)?.transfer.fail(.shutDown, "the client was shut down")
    }
    curl_multi_cleanup(multi.pointer)
    for continuation in waiting { continuation.resume() }
  }
}

extension CurlEventLoop.Exchanges {
  fileprivate func handle(of transfer: CurlTransfer) -> CurlHandle? { handles[ObjectIdentifier(transfer)] }

  /// Whether any byte has come on a connection since then.
  fileprivate func hasHeard(on connection: UnsafeRawPointer?, since instant: ContinuousClock.Instant) -> Bool {
    handles.values.contains { $0.connection == connection && ($0.transfer.lastHeard.map { $0 > instant } ?? false) }
  }
}

extension Duration {
  /// Whole milliseconds, cut.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
