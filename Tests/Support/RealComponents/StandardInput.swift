#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

#if canImport(System)
  import System
#else
  import SystemPackage
#endif

/// What a child process reads from its standard input: a file without a name.
///
/// Not a pipe, into which somebody would have to write: a child that ends without having read it makes that a signal,
/// and Subprocess 1.0 then ends the process of all tests, because the end of its pipe was not closed.
enum StandardInput {
  /// Opens the bytes for reading from their beginning. Whoever gets the descriptor closes it.
  static func open(_ bytes: [UInt8]) throws -> FileDescriptor {
    guard !bytes.isEmpty else { return try FileDescriptor.open("/dev/null", .readOnly) }
    let path = FileManager.default.temporaryDirectory.appending(path: "kgateway-input-\(UUID().uuidString)")
      .path(percentEncoded: false)
    let descriptor = try FileDescriptor.open(
      FilePath(path), .readWrite, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
    _ = unlink(path)
    do {
      try descriptor.writeAll(bytes)
      try descriptor.seek(offset: 0, from: .start)
    } catch {
      try? descriptor.close()
      throw error
    }
    return descriptor
  }
}
