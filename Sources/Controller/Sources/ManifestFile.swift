import FoundationEssentials
package import JSON
package import KubernetesAPI
import YAML

/// A file of manifests as it was read: the objects that can be used, and what is wrong with the rest.
package struct ManifestFile: Sendable {
  /// An object with its place in the file.
  package struct Entry: Sendable {
    package let object: KubernetesObject
    fileprivate let place: ManifestPlace
    /// The object alone; a part of the document's bytes.
    fileprivate let json: ArraySlice<UInt8>

    /// Where a field of the object stands, counted from 1; for a field that is not there, what is around it.
    package func position(of field: String) -> (line: Int, column: Int) {
      let position = place.document.position(ofPath: place.path(of: field))
      return (position.line, position.column)
    }

    /// What a field of the object is, as the file has it; nil if it is not there.
    package func value(of field: String) -> JSONValue? {
      var reader = JSONReader(json)
      var value = try? reader.readValue()
      for component in JSONPath.components(of: field) {
        switch (component, value) {
        case (.key(let key), let object?): value = object[key]
        case (.index(let index), .array(let elements)?) where elements.indices.contains(index):
          value = elements[index]
        default: return nil
        }
      }
      return value
    }
  }

  package let path: String
  /// In the order of the file, each object once.
  package private(set) var entries: [Entry] = []
  /// Empty if all is well.
  package private(set) var diagnostics: [ManifestDiagnostic] = []
  /// Objects that are in the file but cannot be used, as far as their names could be read.
  package private(set) var broken: Set<ObjectReference> = []
  /// Whether some of the file could not even be told apart into objects, so that any object may be missing.
  package private(set) var isTorn = false

  private var indexes: [ObjectReference: Int] = [:]

  /// Reads one or more YAML (or JSON) documents. Never fails as a whole: what is wrong is in ``diagnostics``.
  package init(path: String, bytes: [UInt8]) {
    self.path = path
    do throws(YAMLError) {
      for document in try YAML.documents(in: bytes) {
        read(document.json[...], at: ManifestPlace(document: document))
      }
    } catch {
      isTorn = true
      diagnostics.append(
        ManifestDiagnostic(file: path, line: error.line, column: error.column, message: error.message))
    }
  }

  /// Reads a file from disk.
  package init(reading path: String) {
    guard let content = FileManager.default.contents(atPath: path) else {
      self.init(unreadable: path)
      return
    }
    self.init(path: path, bytes: Array(content))
  }

  private init(unreadable path: String) {
    self.path = path
    isTorn = true
    diagnostics = [.unreadable(path)]
  }

  /// The object with its place; nil if the file does not hold it.
  package func entry(of object: ObjectReference) -> Entry? { indexes[object].map { entries[$0] } }

  private mutating func read(_ json: ArraySlice<UInt8>, at place: ManifestPlace) {
    do throws(JSONError) {
      if let items = try KubernetesObject.items(ofList: json) {
        for (index, item) in items.enumerated() { read(item, at: place.item(index)) }
        return
      }
      var reader = JSONReader(json, recordsUnknownFields: true)
      guard let decoded = try KubernetesObject.decode(from: &reader) else { return }
      let object = decoded.needsNamespace ? decoded.inNamespace("default") : decoded
      for field in reader.unknownFields { refuse(field, of: object, at: place) }
      if reader.unknownFields.isEmpty {
        add(Entry(object: object, place: place, json: json))
      } else {
        broken.insert(object.reference)
      }
    } catch {
      refuse(error, in: json, at: place)
    }
  }

  private mutating func add(_ entry: Entry) {
    let reference = entry.object.reference
    guard let index = indexes[reference] else {
      indexes[reference] = entries.count
      entries.append(entry)
      return
    }
    entries[index] = entry
    let position = entry.position(of: "metadata.name")
    diagnostics.append(
      ManifestDiagnostic(
        file: path, line: position.line, column: position.column, object: reference.description,
        message: "the object is in the file twice; the last is used, remove one"))
  }

  private mutating func refuse(_ field: String, of object: KubernetesObject, at place: ManifestPlace) {
    let position = place.document.position(ofKeyPath: place.path(of: field))
    diagnostics.append(
      ManifestDiagnostic(
        file: path, line: position.line, column: position.column, object: object.reference.description, field: field,
        message: "unknown field; remove it or correct its name"))
  }

  private mutating func refuse(_ error: JSONError, in json: ArraySlice<UInt8>, at place: ManifestPlace) {
    let position = place.document.position(ofPath: place.path(of: error.path))
    let reference = ObjectReference(lenientlyReading: Array(json)).map { $0.withDefaultNamespace }
    if let reference { broken.insert(reference) } else { isTorn = true }
    let field = reference == nil ? place.path(of: error.path) : error.path
    let message = [error.message, place.advice(for: error)].compactMap { $0 }.joined(separator: "; ")
    diagnostics.append(
      ManifestDiagnostic(
        file: path, line: position.line, column: position.column, object: reference?.description,
        field: field.isEmpty ? nil : field, message: message))
  }
}

/// Where an object stands: a document of a file, or an item of a List in it.
private struct ManifestPlace: Sendable {
  let document: YAMLDocument
  /// The way from the document's root to the object.
  private var root = ""

  init(document: YAMLDocument) { self.document = document }

  func item(_ index: Int) -> ManifestPlace {
    var place = self
    place.root = path(of: JSONPath.join("items", JSONPath.component(index: index)))
    return place
  }

  /// The path of an object's field from the document's root.
  func path(of field: String) -> String {
    root.isEmpty ? field : field.isEmpty ? root : JSONPath.join(root, field)
  }

  func advice(for error: JSONError) -> String? {
    guard let expected = error.expected, let found = error.found else { return nil }
    return document.advice(
      for: JSONError(path: path(of: error.path), offset: error.offset, expected: expected, found: found))
  }
}

extension ObjectReference {
  fileprivate var withDefaultNamespace: ObjectReference {
    guard kind.isNamespaced, id.namespace.isEmpty else { return self }
    return ObjectReference(kind: kind, id: NamespacedName(namespace: "default", name: id.name))
  }
}

extension KubernetesObject {
  /// Whether kubectl would put the object into the namespace `default`.
  fileprivate var needsNamespace: Bool { kind.isNamespaced && metadata.namespace.isEmpty }
}
