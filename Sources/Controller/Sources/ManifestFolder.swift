import KubernetesAPI

/// A folder of manifests as last read, and what changed since. A file that is half-written or wrong keeps what it gave
/// before; so does a single broken object in an otherwise good file, and all that is in a folder that cannot be read.
package struct ManifestFolder: Sendable {
  /// What a new look at the folder brought.
  package struct Update: Sendable {
    package var events: [ResourceEvent] = []
    /// What is wrong and was not yet said of the same content.
    package var diagnostics: [ManifestDiagnostic] = []
    /// Files and folders that were wrong and no longer are.
    package var mended: [String] = []
    /// Files and folders that are wrong, and of which something from before stays in force.
    package var kept: Set<String> = []
  }

  private struct KnownFile {
    var fingerprint: FileFingerprint
    var objects: [ManifestUnion.Placed]
    var isWrong: Bool
  }

  private let root: String
  private var files: [String: KnownFile] = [:]
  private var published: [ObjectReference: KubernetesObject] = [:]
  private var clashes: Set<ManifestDiagnostic> = []
  private var unreadable: Set<String> = []

  /// - Parameter root: a folder, looked through with its subfolders for `.yaml`, `.yml` and `.json`; or one file.
  package init(root: String) { self.root = root }

  /// Looks at the folder, reads the files that changed, and tells the difference.
  package mutating func refresh() -> Update {
    var update = Update()
    let listing = ManifestListing(of: root)
    noteUnreadable(listing, in: &update)
    for path in files.keys where listing.files[path] == nil && !listing.isUncertain(path) { files[path] = nil }
    for (path, fingerprint) in listing.files.sorted(by: { $0.key < $1.key })
    where files[path]?.fingerprint != fingerprint {
      take(ManifestFile(reading: path), fingerprint: fingerprint, into: &update)
    }
    publish(into: &update)
    return update
  }

  private mutating func noteUnreadable(_ listing: ManifestListing, in update: inout Update) {
    let now = Set(listing.unreadable)
    update.mended += unreadable.subtracting(now).sorted()
    update.diagnostics += now.subtracting(unreadable).sorted().map(ManifestDiagnostic.unreadable)
    update.kept.formUnion(now.filter { folder in files.keys.contains { $0.hasPrefix(folder) } })
    unreadable = now
  }

  private mutating func take(_ file: ManifestFile, fingerprint: FileFingerprint, into update: inout Update) {
    let before = files[file.path]
    let kept = (before?.objects ?? []).filter { placed in
      let reference = placed.object.reference
      return file.entry(of: reference) == nil && (file.isTorn || file.broken.contains(reference))
    }
    update.diagnostics += file.diagnostics
    if !kept.isEmpty { update.kept.insert(file.path) }
    if before?.isWrong == true, file.diagnostics.isEmpty { update.mended.append(file.path) }
    files[file.path] = KnownFile(
      fingerprint: fingerprint, objects: file.placedObjects + kept, isWrong: !file.diagnostics.isEmpty)
  }

  private mutating func publish(into update: inout Update) {
    var union = ManifestUnion()
    for (path, file) in files.sorted(by: { $0.key < $1.key }) { union.add(file.objects, from: path) }
    let current = union.objects
    update.diagnostics += union.clashes.filter { !clashes.contains($0) }
    clashes = Set(union.clashes)
    for reference in published.keys.sorted() where current[reference] == nil {
      update.events.append(.delete(reference))
    }
    for (reference, object) in current.sorted(by: { $0.key < $1.key }) where published[reference] != object {
      update.events.append(.upsert(object))
    }
    published = current
  }
}
