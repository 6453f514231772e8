import Hummingbird
import NIOCore

/// One watch: a position in the changes of a resource, and the client that reads them.
struct WatchSession: Sendable {
  /// How a watch that was told to fail does so.
  enum Fault: Sendable {
    /// One ERROR event of code 410, then the end.
    case expired
    /// Nothing at all after the head, not even bookmarks.
    case silence
    /// The connection breaks in the middle of the first event.
    case cutFirstEvent
    /// Bytes that are no JSON in the place of the first event.
    case garbage
    /// A half in the place of the first event.
    case brokenEvent
    /// Every event comes twice, and the one before it again.
    case disorder
    /// No bookmarks, although the client allows them.
    case noBookmarks
  }

  let store: ObjectStore
  let presentation: Presentation
  let selection: Selection
  let start: Start
  let sendsBookmarks: Bool
  let timeout: Duration
  let bookmarkInterval: Duration
  /// How long before its end a watch gets a last bookmark.
  let lastBookmark: Duration
  let fault: Fault?
  let connection: ClientConnection?

  enum Start: Sendable {
    case after(Int)
    /// ADDED for all that is there; the bookmark that ends them only for those who asked.
    case initialEvents(endsWithBookmark: Bool)
  }

  @concurrent func run(_ writer: inout any ResponseBodyWriter) async throws {
    let (wakeUps, continuation) = store.wakeUps()
    connection?.whenClosed { continuation.finish() }
    defer { continuation.finish() }
    if fault == .expired {
      try await send("ERROR", StatusError.tooOld(0, oldest: 0).status.jsonBytes, to: &writer)
      return
    }
    let begin = ContinuousClock.now
    let deadline = begin + timeout
    async let _ = tick(continuation, from: begin, until: deadline)
    try await follow(wakeUps, until: deadline, from: begin, &writer)
  }

  /// Wakes the watch when a bookmark is due, and ends it in time.
  private func tick(
    _ continuation: AsyncStream<Void>.Continuation, from begin: ContinuousClock.Instant,
    until deadline: ContinuousClock.Instant
  ) async throws {
    var instant = begin
    while let next = nextBookmark(after: instant, from: begin, until: deadline) {
      try await Task.sleep(until: next)
      continuation.yield()
      instant = next
    }
    try await Task.sleep(until: deadline)
    continuation.finish()
  }

  /// When the next bookmark is due: each interval, and once more shortly before the end.
  private func nextBookmark(
    after instant: ContinuousClock.Instant, from begin: ContinuousClock.Instant,
    until deadline: ContinuousClock.Instant
  ) -> ContinuousClock.Instant? {
    guard sendsBookmarks, fault != .noBookmarks else { return nil }
    let count = Int(((instant - begin) / bookmarkInterval).rounded(.down)) + 1
    let candidates = [begin + bookmarkInterval * count, deadline - lastBookmark]
    return candidates.filter { $0 > instant && $0 < deadline }.min()
  }

  @concurrent private func follow(
    _ wakeUps: AsyncStream<Void>, until deadline: ContinuousClock.Instant, from begin: ContinuousClock.Instant,
    _ writer: inout any ResponseBodyWriter
  ) async throws {
    var bookmark = nextBookmark(after: begin, from: begin, until: deadline)
    var isFirst = true
    var cursor = try await sendStart(&isFirst, &writer)
    do {
      // What happened between the request and the first wake-up is there already.
      cursor = try await drain(after: cursor, &isFirst, &writer)
      for await _ in wakeUps {
        if fault == .silence { continue }
        cursor = try await drain(after: cursor, &isFirst, &writer)
        let now = ContinuousClock.now
        // A watch from a state that the server has not come to yet hears nothing, not even bookmarks, until it has.
        let isReached = store.read { $0.revision } >= cursor
        if let due = bookmark, due <= now, isReached {
          bookmark = nextBookmark(after: now, from: begin, until: deadline)
          try await send("BOOKMARK", presentation.bookmark(cursor, endsInitialEvents: false).jsonBytes, to: &writer)
        }
      }
    } catch let error as StatusError {
      try await send("ERROR", error.status.jsonBytes, to: &writer)
    }
  }

  @concurrent private func sendStart(_ isFirst: inout Bool, _ writer: inout any ResponseBodyWriter) async throws -> Int
  {
    guard case .initialEvents(let endsWithBookmark) = start, fault != .silence else {
      if case .after(let revision) = start { return revision }
      return store.read { $0.revision }
    }
    let (objects, revision) = store.read { state in
      let all = state.objects[selection.kind.stored.id] ?? [:]
      return (all.values.filter(selection.contains).sorted { $0.key < $1.key }, state.revision)
    }
    if fault == nil {
      try await sendTogether(objects, &isFirst, &writer)
    } else {
      for object in objects { try await send(.added, object, &isFirst, &writer) }
    }
    if endsWithBookmark, sendsBookmarks {
      try await send("BOOKMARK", presentation.bookmark(revision, endsInitialEvents: true).jsonBytes, to: &writer)
    }
    return revision
  }

  /// Sends ADDED events, many with each write, as a server's buffers have it.
  @concurrent private func sendTogether(
    _ objects: [StoredObject], _ isFirst: inout Bool, _ writer: inout any ResponseBodyWriter
  ) async throws {
    var buffer = ByteBuffer()
    for object in objects {
      Self.append(Change.Kind.added.rawValue, presentation.event(object, isFirst: isFirst), to: &buffer)
      isFirst = false
      guard buffer.readableBytes >= 64 * 1024 else { continue }
      try await writer.write(buffer)
      buffer = ByteBuffer()
    }
    if buffer.readableBytes > 0 { try await writer.write(buffer) }
  }

  private static func append(_ type: String, _ object: [UInt8], to buffer: inout ByteBuffer) {
    buffer.writeString("{\"type\":\"\(type)\",\"object\":")
    buffer.writeBytes(object)
    buffer.writeString("}\n")
  }

  /// Sends what came after a revision, and returns the one that the watch has seen by now.
  @concurrent private func drain(
    after cursor: Int, _ isFirst: inout Bool, _ writer: inout any ResponseBodyWriter
  ) async throws -> Int {
    let id = selection.kind.stored.id
    let (changes, revision) = try store.read { (state) throws(StatusError) in
      (try state.changes(of: id, after: cursor), state.revision)
    }
    if fault != .silence {
      for change in changes {
        guard let (kind, object) = event(of: change) else { continue }
        try await send(kind, object, &isFirst, &writer)
        guard fault == .disorder else { continue }
        try await send(kind, object, &isFirst, &writer)
        if let before = before(change), let (kind, object) = event(of: before) {
          try await send(kind, object, &isFirst, &writer)
        }
      }
    }
    return max(cursor, revision)
  }

  /// The change before this one, of whichever object of the kind.
  private func before(_ change: Change) -> Change? {
    store.read { state in
      (try? state.changes(of: selection.kind.stored.id, after: state.oldestRevision))?.last {
        $0.revision < change.revision
      }
    }
  }

  /// A change as this watch sees it: an object that begins to match was added, one that ceases to was deleted.
  private func event(of change: Change) -> (Change.Kind, StoredObject)? {
    guard selection.namespace.isEmpty || selection.namespace == change.object.key.namespace else { return nil }
    let matches = change.kind != .deleted && selection.matches(change.object.value)
    let matched = change.previous.map { selection.matches($0.value) } ?? false
    switch (matched, matches) {
    case (false, true): return (.added, change.object)
    case (true, true): return (.modified, change.object)
    case (true, false):
      let last = change.kind == .deleted ? change.object : change.previous
      return last.map { (.deleted, $0.moved(to: change.revision, of: selection.kind.stored)) }
    case (false, false): return nil
    }
  }

  @concurrent private func send(
    _ kind: Change.Kind, _ object: StoredObject, _ isFirst: inout Bool, _ writer: inout any ResponseBodyWriter
  ) async throws {
    let json = presentation.event(object, isFirst: isFirst)
    if fault == .brokenEvent, isFirst {
      var buffer = ByteBuffer()
      Self.append(kind.rawValue, json, to: &buffer)
      buffer.moveWriterIndex(to: buffer.readableBytes / 2)
      buffer.writeString("\n")
      try await writer.write(buffer)
    } else {
      try await send(kind.rawValue, json, to: &writer)
    }
    isFirst = false
  }

  @concurrent private func send(_ type: String, _ object: [UInt8], to writer: inout any ResponseBodyWriter) async throws
  {
    var buffer = ByteBuffer()
    Self.append(type, object, to: &buffer)
    switch fault {
    case .cutFirstEvent:
      try await writer.write(buffer.getSlice(at: 0, length: buffer.readableBytes / 2) ?? buffer)
      throw ConnectionCut()
    case .garbage:
      try await writer.write(ByteBuffer(string: "{\"type\":\"ADDED\",\"object\":<html>\n"))
      throw ConnectionCut()
    case .expired, .silence, .brokenEvent, .disorder, .noBookmarks, nil:
      try await writer.write(buffer)
    }
  }
}

/// Thrown to break a connection in the middle of an answer.
struct ConnectionCut: Error {}

/// The connection that a request came on.
struct ClientConnection: Sendable {
  let channel: any Channel

  func whenClosed(_ body: @escaping @Sendable () -> Void) {
    channel.closeFuture.whenComplete { _ in body() }
  }
}
