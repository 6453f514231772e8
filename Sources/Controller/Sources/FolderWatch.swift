import Dispatch
import Glibc

/// Says that something in a folder changed, by Linux's inotify: no polling, and notice within a millisecond.
/// Belongs to the task that made it.
final class FolderWatch {
  /// One element for any number of changes since the last was taken.
  let changes: AsyncStream<Void>

  private let descriptor: Int32
  private let source: any DispatchSourceRead

  /// Why a folder cannot be watched.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Watches nothing yet; see ``watch(_:)``.
  init() throws(Failure) {
    let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
    guard descriptor >= 0 else {
      throw Failure(description: "cannot watch folders: \(String(cString: strerror(errno)))")
    }
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let source = DispatchSource.makeReadSource(fileDescriptor: descriptor)
    source.setEventHandler {
      Self.drain(descriptor)
      continuation.yield()
    }
    source.setCancelHandler {
      close(descriptor)
      continuation.finish()
    }
    source.activate()
    self.descriptor = descriptor
    self.source = source
    changes = stream
  }

  deinit { source.cancel() }

  /// Watches this folder too; one that is watched already, or is gone, does no harm.
  /// - Returns: why it cannot be watched, or nil.
  func watch(_ folder: String) -> String? {
    let entries = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB
    let mask = UInt32(entries | IN_DELETE_SELF | IN_MOVE_SELF)
    guard inotify_add_watch(descriptor, folder, mask) < 0, errno != ENOENT, errno != ENOTDIR else { return nil }
    // The limit on watches is met as ENOSPC, whose usual text would mislead.
    return errno == ENOSPC ? "fs.inotify.max_user_watches is reached; raise it" : String(cString: strerror(errno))
  }

  /// What exactly changed does not matter: the folder is looked at anew.
  private static func drain(_ descriptor: Int32) {
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
      while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
    }
  }
}
