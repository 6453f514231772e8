/// YAML manifests, read as `kubectl` reads them (sigs.k8s.io/yaml on go-yaml 2), to the JSON that it would send.
///
/// Two things are stricter: a key that stands twice in a mapping is refused, and so is `!!binary`.
package enum YAML {
  /// The documents of a text, without those that are empty or null.
  ///
  /// - Throws: for the first thing that is wrong anywhere in the text.
  package static func documents(in bytes: [UInt8]) throws(YAMLError) -> [YAMLDocument] {
    var composer = try YAMLComposer(bytes)
    var documents: [YAMLDocument] = []
    while let tree = try composer.nextDocument() {
      guard !tree.isNull else { continue }
      documents.append(try YAMLDocument(tree, sourceLength: bytes.count))
    }
    return documents
  }
}
