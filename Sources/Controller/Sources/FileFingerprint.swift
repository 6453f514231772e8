import Glibc

/// What changes when a file is written or replaced, or can be read again, without reading it.
struct FileFingerprint: Hashable, Sendable {
  private let inode: UInt64
  private let size: Int64
  /// Of the last change of content, owner or permissions.
  private let seconds: Int
  private let nanoseconds: Int

  /// Nil if there is no such file, or it is not a regular one. Links are followed.
  init?(of path: String) {
    var info = stat()
    guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    inode = UInt64(info.st_ino)
    size = Int64(info.st_size)
    seconds = info.st_ctim.tv_sec
    nanoseconds = info.st_ctim.tv_nsec
  }
}
