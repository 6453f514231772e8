import FoundationEssentials
import Glibc

/// What changes when a file is written or replaced, without reading it.
struct FileFingerprint: Hashable, Sendable {
  private var inode: UInt64
  private var size: Int64
  private var seconds: Int
  private var nanoseconds: Int

  /// How deep folders are looked through; a bound for links that lead in a circle.
  private static let maximumDepth = 8
  private static let endings = [".yaml", ".yml", ".json"]

  /// Nil if there is no such file, or it is not a regular one. Links are followed.
  init?(of path: String) {
    var info = stat()
    guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    inode = UInt64(info.st_ino)
    size = Int64(info.st_size)
    seconds = info.st_mtim.tv_sec
    nanoseconds = info.st_mtim.tv_nsec
  }

  /// The manifests in a folder and its subfolders, or the one file that `root` is. Hidden entries are passed over, as
  /// editors and ConfigMap volumes keep their working copies there.
  static func manifests(in root: String) -> [String: FileFingerprint] {
    if let file = FileFingerprint(of: root) { return [root: file] }
    var found: [String: FileFingerprint] = [:]
    collect(root, depth: 0, into: &found)
    return found
  }

  /// The folder and its subfolders.
  static func folders(in root: String, depth: Int = 0) -> [String] {
    guard depth <= maximumDepth, isFolder(root) else { return [] }
    return [root] + entries(of: root).flatMap { folders(in: $0, depth: depth + 1) }
  }

  private static func collect(_ folder: String, depth: Int, into found: inout [String: FileFingerprint]) {
    guard depth <= maximumDepth else { return }
    for path in entries(of: folder) {
      if isFolder(path) {
        collect(path, depth: depth + 1, into: &found)
      } else if endings.contains(where: path.hasSuffix), let file = FileFingerprint(of: path) {
        found[path] = file
      }
    }
  }

  private static func entries(of folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    return names.filter { !$0.hasPrefix(".") }.sorted().map { prefix + $0 }
  }

  private static func isFolder(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
  }
}

extension ManifestFile {
  /// Reads a file from disk.
  package static func read(_ path: String) -> ManifestFile {
    guard let content = FileManager.default.contents(atPath: path) else {
      return ManifestFile(path: path, unreadable: "cannot be read; check that it exists and its permissions")
    }
    return ManifestFile(path: path, bytes: Array(content))
  }

  /// Every manifest in a folder and its subfolders (or the one file), in the order of their paths.
  package static func readAll(in root: String) -> [ManifestFile] {
    FileFingerprint.manifests(in: root).keys.sorted().map(ManifestFile.read)
  }
}
