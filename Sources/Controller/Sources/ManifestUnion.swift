import KubernetesAPI

/// The objects of several files together. One that is in two files counts as it is in the first.
struct ManifestUnion: Sendable {
  /// An object with its place.
  struct Placed: Sendable {
    let object: KubernetesObject
    let line: Int
    let column: Int
  }

  private(set) var objects: [ObjectReference: KubernetesObject] = [:]
  /// Objects that are in more than one file.
  private(set) var clashes: [ManifestDiagnostic] = []
  private var owners: [ObjectReference: String] = [:]

  mutating func add(_ placed: [Placed], from path: String) {
    for placed in placed {
      let reference = placed.object.reference
      guard let owner = owners[reference] else {
        objects[reference] = placed.object
        owners[reference] = path
        continue
      }
      clashes.append(
        ManifestDiagnostic(
          file: path, line: placed.line, column: placed.column, object: reference.description,
          message: "the object is in \(owner) too, which is used; remove one"))
    }
  }
}

extension ManifestFile {
  var placedObjects: [ManifestUnion.Placed] {
    entries.map { entry in
      let position = entry.position(of: "metadata.name")
      return ManifestUnion.Placed(object: entry.object, line: position.line, column: position.column)
    }
  }
}
