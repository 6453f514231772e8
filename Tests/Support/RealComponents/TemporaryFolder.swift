#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A folder of a test's own.
package struct TemporaryFolder: Sendable {
  /// Its absolute path, without a slash at the end.
  package let path: String

  /// The absolute path of a file in it.
  package func path(_ name: String) -> String {
    path + "/" + name
  }

  /// Writes a file, with the folders above it, in one step: a reader sees the old content or the new.
  ///
  /// - Returns: its absolute path.
  @discardableResult
  package func write(_ text: String, to name: String) throws -> String {
    let file = URL(filePath: path(name), directoryHint: .notDirectory)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file, options: .atomic)
    return path(name)
  }

  /// The content of a file in it.
  package func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path(name), directoryHint: .notDirectory)), as: UTF8.self)
  }
}

/// Makes a new empty folder for the body, and removes it with all that is in it when the body is through.
package func withTemporaryFolder<Result>(
  _ body: (TemporaryFolder) async throws -> Result
) async throws -> Result {
  let parent = FileManager.default.temporaryDirectory
  let folder = parent.appending(path: "kgateway-test-\(UUID().uuidString)", directoryHint: .isDirectory)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(TemporaryFolder(path: folder.path(percentEncoded: false).removingTrailingSlash()))
}

extension String {
  fileprivate func removingTrailingSlash() -> String {
    hasSuffix("/") ? String(dropLast()) : self
  }
}
