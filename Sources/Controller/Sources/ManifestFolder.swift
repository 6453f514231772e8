import FoundationEssentials
import KubernetesAPI

/// A folder of manifests as last read, and what changed since. A file that is half-written or wrong keeps what it gave
/// before; so does a single broken object in an otherwise good file.
package struct ManifestFolder: Sendable {
  /// What a new look at the folder brought.
  package struct Update: Sendable {
    package var events: [ResourceEvent] = []
    /// What is wrong and was not yet said of the same content.
    package var diagnostics: [ManifestDiagnostic] = []
    /// Files that were wrong and no longer are.
    package var mended: [String] = []
  }

  private struct KnownFile {
    var fingerprint: FileFingerprint
    var objects: [ObjectReference: KubernetesObject]
    var isWrong: Bool
  }

  private let root: String
  private var files: [String: KnownFile] = [:]
  private var published: [ObjectReference: KubernetesObject] = [:]
  private var clashes: Set<String> = []

  /// - Parameter root: a folder, looked through with its subfolders for `.yaml`, `.yml` and `.json`; or one file.
  package init(root: String) { self.root = root }

  /// Looks at the folder, reads the files that changed, and tells the difference.
  package mutating func refresh() -> Update {
    var update = Update()
    let found = FileFingerprint.manifests(in: root)
    for path in files.keys where found[path] == nil { files[path] = nil }
    for (path, fingerprint) in found.sorted(by: { $0.key < $1.key }) where files[path]?.fingerprint != fingerprint {
      take(ManifestFile.read(path), fingerprint: fingerprint, into: &update)
    }
    publish(into: &update)
    return update
  }

  private mutating func take(_ file: ManifestFile, fingerprint: FileFingerprint, into update: inout Update) {
    let before = files[file.path]
    var objects: [ObjectReference: KubernetesObject] = [:]
    for entry in file.entries where objects.updateValue(entry.object, forKey: entry.object.reference) != nil {
      let reference = entry.object.reference
      update.diagnostics.append(clash(of: reference, in: file, with: file.path))
    }
    for (reference, object) in before?.objects ?? [:] where objects[reference] == nil {
      if file.isTorn || file.broken.contains(reference) { objects[reference] = object }
    }
    update.diagnostics += file.diagnostics
    if before?.isWrong == true, file.diagnostics.isEmpty { update.mended.append(file.path) }
    files[file.path] = KnownFile(
      fingerprint: fingerprint, objects: objects, isWrong: !file.diagnostics.isEmpty)
  }

  private mutating func publish(into update: inout Update) {
    var current: [ObjectReference: KubernetesObject] = [:]
    var owners: [ObjectReference: String] = [:]
    var clashesNow: Set<String> = []
    for (path, file) in files.sorted(by: { $0.key < $1.key }) {
      for (reference, object) in file.objects {
        if let owner = owners[reference] {
          let message = "\(reference) is in \(owner) and again in \(path); the first is used, remove one"
          if clashes.insert(message).inserted {
            update.diagnostics.append(
              ManifestDiagnostic(file: path, line: 1, column: 1, object: reference.description, message: message))
          }
          clashesNow.insert(message)
        } else {
          current[reference] = object
          owners[reference] = path
        }
      }
    }
    clashes = clashesNow
    for reference in published.keys.sorted() where current[reference] == nil {
      update.events.append(.delete(reference))
    }
    for (reference, object) in current.sorted(by: { $0.key < $1.key }) where published[reference] != object {
      update.events.append(.upsert(object))
    }
    published = current
  }

  private func clash(of reference: ObjectReference, in file: ManifestFile, with other: String) -> ManifestDiagnostic {
    let position = file.position(of: "metadata.name", in: reference) ?? (1, 1)
    return ManifestDiagnostic(
      file: file.path, line: position.line, column: position.column, object: reference.description,
      message: "the object is in the file twice; the last is used, remove one")
  }
}
