import Foundation
import Glibc

/// The processes of this machine.
enum ProcessTable {
  /// The running children of a process, in the order of their ids. One that has ended and was not waited for is not
  /// running.
  static func children(of parent: Int32) throws -> [Int32] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init).filter { id in
      guard let fields = fields(of: id) else { return false }
      return fields.parent == parent && fields.state != "Z"
    }.sorted()
  }

  /// Whether the process is there, and no mere entry of one that has ended.
  static func isRunning(_ id: Int32) -> Bool {
    fields(of: id).map { $0.state != "Z" } ?? false
  }

  /// Ends a process without asking it (SIGKILL).
  static func kill(_ id: Int32) {
    _ = Glibc.kill(id, SIGKILL)
  }

  /// State and parent, the fields after the name in `/proc/ID/stat`; the name stands in brackets and may hold anything.
  private static func fields(of id: Int32) -> (state: String, parent: Int32)? {
    guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[end...].dropFirst().split(separator: " ")
    guard fields.count > 1, let parent = Int32(fields[1]) else { return nil }
    return (String(fields[0]), parent)
  }
}
