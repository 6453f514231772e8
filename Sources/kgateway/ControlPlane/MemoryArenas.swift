import CMalloc
import NIOCore

/// The allocator's share in how much memory the process takes.
enum MemoryArenas {
  /// Has glibc's allocator keep no more arenas than threads work at a time; to be called before there are any.
  ///
  /// Left alone it makes up to eight for each core of the machine (mallopt(3), `M_ARENA_MAX`), whatever the container
  /// may use of them, and what one arena has free is of no use to the others. Each is also grown and shrunk by itself,
  /// which took a tenth of the CPU time of a cold start.
  static func limit() {
    #if canImport(Glibc)
      _ = mallopt(M_ARENA_MAX, CInt(clamping: max(2, System.coreCount)))
    #endif
  }
}
