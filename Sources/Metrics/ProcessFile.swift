#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A small file of `/proc`, read at each scrape: without Foundation, which takes several times as long.
enum ProcessFile {
  /// Its text; nil where there is no such file.
  static func text(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while true {
      let part = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
        count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
      }
      guard !part.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
      bytes += part
    }
  }
}

/// The open file descriptors of this process: one for each connected proxy, among others.
enum OpenFiles {
  private static let folder = "/proc/self/fd"

  /// How many there are; nil where there is no `/proc`.
  static func count() -> Int? {
    var status = stat()
    // Since version 6.2 Linux tells the number as the folder's size (proc_pid_fd(5)).
    if stat(folder, &status) == 0, status.st_size > 0 { return Int(status.st_size) }
    return listed()
  }

  /// How many the folder lists, without the one that it is listed by.
  static func listed() -> Int? {
    guard let listing = opendir(folder) else { return nil }
    defer { closedir(listing) }
    var count = 0
    while readdir(listing) != nil { count += 1 }
    // "." and ".." are no files.
    return max(0, count - 3)
  }
}
