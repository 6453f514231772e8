import JSON
package import KubernetesAPI
package import Translator

/// A folder of manifests judged offline, as the running control plane would judge it: for `translate` and `validate`.
package struct ManifestCheck: Sendable {
  /// A Gateway and what it comes to.
  package struct TranslatedGateway: Sendable {
    package let gateway: NamespacedName
    package let translation: Translation
  }

  /// Each served Gateway, in the order of their names.
  package let translations: [TranslatedGateway]
  /// Everything that is wrong, in the order of files and lines.
  package let diagnostics: [ManifestDiagnostic]
  /// All objects that could be used.
  package let store: ResourceStore
  /// What the command line says.
  package let settings: TranslatorSettings
  private let files: [ManifestFile]

  /// - Parameters:
  ///   - root: a folder or a single file.
  ///   - builtIn: objects that are there unless a manifest defines them.
  ///   - others: what else is wrong with all objects together, beside what the translation tells.
  package init(
    root: String, builtIn: [KubernetesObject], settings: TranslatorSettings,
    others: (ResourceStore) -> [Problem] = { _ in [] }
  ) {
    let listing = ManifestListing(of: root)
    self.init(
      files: listing.files.keys.sorted().map(ManifestFile.init(reading:)), unreadable: listing.unreadable,
      builtIn: builtIn, settings: settings, others: others)
  }

  /// - Parameters:
  ///   - file: all manifests in one.
  ///   - builtIn: objects that are there unless a manifest defines them.
  ///   - others: as above.
  package init(
    file: ManifestFile, builtIn: [KubernetesObject], settings: TranslatorSettings,
    others: (ResourceStore) -> [Problem] = { _ in [] }
  ) {
    self.init(files: [file], unreadable: [], builtIn: builtIn, settings: settings, others: others)
  }

  private init(
    files: [ManifestFile], unreadable: [String], builtIn: [KubernetesObject], settings: TranslatorSettings,
    others: (ResourceStore) -> [Problem]
  ) {
    var union = ManifestUnion()
    for file in files { union.add(file.placedObjects, from: file.path) }
    var store = ResourceStore(controllerName: settings.controllerName)
    for object in builtIn + Array(union.objects.values) { _ = store.apply(.upsert(object)) }
    translations = store.managedGateways.sorted().compactMap { id in
      store.inputs(for: id, settings: settings).map {
        TranslatedGateway(gateway: id, translation: Translator.translate($0))
      }
    }
    self.store = store
    self.settings = settings
    self.files = files

    let problems =
      translations.flatMap(\.translation.report.problems)
      + store.policies.values.flatMap { policy in
        store.targetProblems(of: policy).map(\.problem) + Self.problemsWithoutGateway(of: policy, in: store, settings)
      } + others(store)
    let fromFiles = unreadable.map(ManifestDiagnostic.unreadable) + files.flatMap(\.diagnostics) + union.clashes
    diagnostics = Set(fromFiles + problems.map { Self.diagnostic(for: $0, in: files) }).sorted()
  }

  /// What is wrong with the fields of a policy that no Gateway here is translated with: a folder of policies alone can be
  /// checked too.
  private static func problemsWithoutGateway(
    of policy: HTTPListenerPolicy, in store: ResourceStore, _ settings: TranslatorSettings
  ) -> [Problem] {
    let id = policy.metadata.id
    guard !store.gateways(ofPolicy: id).contains(where: store.isManaged) else { return [] }
    let services = store.services(ofPolicy: id).compactMap { name in store.services[name].map { (name, $0) } }
    return Translator.problems(
      ofUnattached: policy, services: Dictionary(services) { first, _ in first },
      referenceGrants: store.grants(forPolicy: id), settings: settings)
  }

  /// A problem at its place.
  package func diagnostic(for problem: Problem) -> ManifestDiagnostic { Self.diagnostic(for: problem, in: files) }

  /// Where a field of an object stands, and what it is; nil if the object is in no file.
  func field(_ path: String, of object: ObjectReference) -> (file: String, line: Int, value: JSONValue?)? {
    for file in files {
      guard let entry = file.entry(of: object) else { continue }
      return (file.path, entry.position(of: path).line, entry.value(of: path))
    }
    return nil
  }

  private static func diagnostic(for problem: Problem, in files: [ManifestFile]) -> ManifestDiagnostic {
    for file in files {
      guard let position = file.entry(of: problem.object)?.position(of: problem.path) else { continue }
      return ManifestDiagnostic(
        file: file.path, line: position.line, column: position.column, object: problem.object.description,
        field: problem.path, message: problem.message)
    }
    return ManifestDiagnostic(
      file: "-", line: 0, column: 0, object: problem.object.description, field: problem.path,
      message: problem.message)
  }
}
