import Controller
import FoundationEssentials
import Glibc

/// A folder of its own for a test, gone with it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "controller-tests-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func path(of name: String) -> String { "\(path)/\(name)" }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: path(of: name), withIntermediateDirectories: true)
  }

  /// Writes into the file itself, as a shell's `>` does.
  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path(of: name)))
  }

  /// Writes beside the file and puts the new one in its place, as editors do.
  func replace(_ name: String, with text: String) throws {
    try write(text, to: ".\(name).new")
    try rename(".\(name).new", to: name)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(of: name)) }

  /// Makes a symbolic link; the destination is relative to the link.
  func link(_ name: String, to destination: String) throws {
    guard symlink(destination, path(of: name)) == 0 else { throw Failure(reason: "symlink \(name): \(errno)") }
  }

  /// In one step, over whatever has the new name.
  func rename(_ old: String, to new: String) throws {
    guard Glibc.rename(path(of: old), path(of: new)) == 0 else { throw Failure(reason: "rename \(old): \(errno)") }
  }

  struct Failure: Error {
    let reason: String
  }
}
