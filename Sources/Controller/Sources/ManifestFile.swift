import JSON
package import KubernetesAPI
import YAML

/// A file of manifests as it was read: the objects that can be used, and what is wrong with the rest.
package struct ManifestFile: Sendable {
  /// An object with the document that it was read from.
  package struct Entry: Sendable {
    package let object: KubernetesObject
    let document: YAMLDocument
  }

  package let path: String
  package private(set) var entries: [Entry] = []
  /// Empty if all is well.
  package private(set) var diagnostics: [ManifestDiagnostic] = []
  /// Objects that are in the file but cannot be used, as far as their names could be read.
  package private(set) var broken: Set<ObjectReference> = []
  /// Whether some of the file could not even be told apart into objects, so that any object may be missing.
  package private(set) var isTorn = false

  /// Reads one or more YAML (or JSON) documents. Never fails as a whole: what is wrong is in ``diagnostics``.
  package init(path: String, bytes: [UInt8]) {
    self.path = path
    do throws(YAMLError) {
      for document in try YAML.documents(in: bytes) { read(document) }
    } catch {
      isTorn = true
      diagnostics.append(
        ManifestDiagnostic(file: path, line: error.line, column: error.column, message: error.message))
    }
  }

  /// A file that could not be opened.
  package init(path: String, unreadable reason: String) {
    self.path = path
    isTorn = true
    diagnostics = [ManifestDiagnostic(file: path, line: 1, column: 1, message: reason)]
  }

  /// Where a field of an object stands in this file; nil if the file does not hold the object.
  package func position(of field: String, in object: ObjectReference) -> (line: Int, column: Int)? {
    guard let entry = entries.first(where: { $0.object.reference == object }) else { return nil }
    let position = entry.document.position(ofPath: field)
    return (position.line, position.column)
  }

  private mutating func read(_ document: YAMLDocument) {
    do throws(JSONError) {
      var reader = JSONReader(document.json, recordsUnknownFields: true)
      guard let decoded = try KubernetesObject.decode(from: &reader) else { return }
      let object = decoded.needsNamespace ? decoded.inNamespace("default") : decoded
      for field in reader.unknownFields { refuse(field, of: object, in: document) }
      if reader.unknownFields.isEmpty {
        entries.append(Entry(object: object, document: document))
      } else {
        broken.insert(object.reference)
      }
    } catch {
      refuse(error, in: document)
    }
  }

  private mutating func refuse(_ field: String, of object: KubernetesObject, in document: YAMLDocument) {
    let position = document.position(ofKeyPath: field)
    diagnostics.append(
      ManifestDiagnostic(
        file: path, line: position.line, column: position.column, object: object.reference.description, field: field,
        message: "unknown field; remove it or correct its name"))
  }

  private mutating func refuse(_ error: JSONError, in document: YAMLDocument) {
    let position = document.position(ofPath: error.path)
    let reference = ObjectReference(lenientlyReading: document.json).map { $0.withDefaultNamespace }
    if let reference { broken.insert(reference) } else { isTorn = true }
    let message = [error.message, document.advice(for: error)].compactMap { $0 }.joined(separator: "; ")
    diagnostics.append(
      ManifestDiagnostic(
        file: path, line: position.line, column: position.column, object: reference?.description,
        field: error.path.isEmpty ? nil : error.path, message: message))
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
