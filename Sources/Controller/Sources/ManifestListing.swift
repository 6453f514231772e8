import FoundationEssentials
import Glibc

/// The manifests in a folder and its subfolders, or the one file that stands for them. Hidden entries are passed over,
/// as editors and ConfigMap volumes keep their working copies there.
struct ManifestListing: Hashable, Sendable {
  /// By path. In a folder, the files that end in `.yaml`, `.yml` or `.json`.
  private(set) var files: [String: FileFingerprint] = [:]
  /// The folders that were looked through.
  private(set) var folders: [String] = []
  /// What should be a folder and cannot be looked through: what is in it is not known.
  private(set) var unreadable: [String] = []

  /// How deep folders are looked through; a bound for links that lead in a circle.
  private static let maximumDepth = 8
  private static let endings = [".yaml", ".yml", ".json"]

  init(of root: String) {
    if let file = FileFingerprint(of: root) {
      files = [root: file]
    } else {
      collect(root, depth: 0)
    }
  }

  /// Whether the file could be there although it was not found.
  func isUncertain(_ path: String) -> Bool {
    unreadable.contains { path == $0 || path.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }
  }

  private mutating func collect(_ folder: String, depth: Int) {
    guard depth <= Self.maximumDepth else { return }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      return unreadable.append(folder)
    }
    folders.append(folder)
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    for name in names.sorted() where !name.hasPrefix(".") {
      let path = prefix + name
      if Self.isFolder(path) {
        collect(path, depth: depth + 1)
      } else if Self.endings.contains(where: name.hasSuffix), let file = FileFingerprint(of: path) {
        files[path] = file
      }
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
  }
}
