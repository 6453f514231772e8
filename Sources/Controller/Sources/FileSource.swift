package import KubernetesAPI
package import Logging

/// A folder of manifests as the source of objects, watched for changes. The whole of `kgateway standalone`'s cluster.
package struct FileSource: ResourceSource {
  /// How long a folder must be quiet after a change before it is read: an editor writes a file in several steps.
  private static let quietPeriod = Duration.milliseconds(15)
  /// A folder that is never quiet is read all the same after this many periods.
  private static let maximumPeriods = 20

  private let root: String
  private let builtIn: [KubernetesObject]
  private let logger: Logger

  /// - Parameters:
  ///   - root: the folder, or a single file.
  ///   - builtIn: objects that are there unless a manifest defines them, such as the GatewayClasses that a cluster has
  ///     from the installation.
  package init(root: String, builtIn: [KubernetesObject], logger: Logger) {
    self.root = root
    self.builtIn = builtIn
    self.logger = logger
  }

  /// - Throws: if the folder cannot be watched at all.
  package func run(into sink: any ResourceSink) async throws {
    let watch = try FolderWatch()
    var folder = ManifestFolder(root: root)
    cover(by: watch)
    await sink.apply(builtIn.map(ResourceEvent.upsert))
    await deliver(folder.refresh(), to: sink)
    for kind in KubernetesKind.allCases { await sink.synced(kind) }
    for await _ in watch.changes {
      try await settle()
      cover(by: watch)
      await deliver(folder.refresh(), to: sink)
    }
  }

  /// Watches every folder, also one that is made while the others are being added.
  private func cover(by watch: FolderWatch) {
    var covered: Set<String> = []
    while true {
      let new = watchedFolders.subtracting(covered)
      guard !new.isEmpty else { return }
      for folder in new.sorted() {
        if let reason = watch.watch(folder) {
          logger.warning("\(folder) cannot be watched, so changes there are not seen: \(reason)")
        }
      }
      covered.formUnion(new)
    }
  }

  /// A single file is watched by its folder, since editors replace files rather than write to them; so is a folder that
  /// is not there, to see it come.
  private var watchedFolders: Set<String> {
    let folders = ManifestListing(of: root).folders
    guard folders.isEmpty else { return Set(folders) }
    guard let slash = root.lastIndex(of: "/") else { return ["."] }
    return [slash == root.startIndex ? "/" : String(root[..<slash])]
  }

  private func settle() async throws {
    var before = ManifestListing(of: root)
    for _ in 0..<Self.maximumPeriods {
      try await Task.sleep(for: Self.quietPeriod)
      let now = ManifestListing(of: root)
      if now == before { return }
      before = now
    }
  }

  private func deliver(_ update: ManifestFolder.Update, to sink: any ResourceSink) async {
    for diagnostic in update.diagnostics {
      logger.error(
        "\(diagnostic)\(update.kept.contains(diagnostic.file) ? " (what was there before stays in force)" : "")")
    }
    for path in update.mended { logger.notice("\(path) is well again") }
    if !update.events.isEmpty { await sink.apply(restoringBuiltIns(update.events)) }
  }

  /// A manifest that redefined a built-in object and goes away leaves the built-in one.
  private func restoringBuiltIns(_ events: [ResourceEvent]) -> [ResourceEvent] {
    events.map { event in
      guard case .delete(let reference) = event,
        let original = builtIn.first(where: { $0.reference == reference })
      else { return event }
      return .upsert(original)
    }
  }
}
