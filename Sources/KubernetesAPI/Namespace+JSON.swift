package import JSON

extension Namespace: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init(
      metadata: try reader.readResource(keeping: .labels) { reader, _ throws(JSONError) in try reader.skipValue() })
  }
}
