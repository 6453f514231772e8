package import JSON

extension Lease: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var raw: ArraySlice<UInt8> = []
    var spec = Lease(metadata: ObjectMeta())
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "metadata": raw = try reader.readRaw()
      case "spec": try spec.readSpec(&reader)
      default: try reader.skipValue()
      }
    }
    guard !raw.isEmpty else { throw reader.missing("metadata") }
    var metadata = JSONReader(raw)
    self = spec
    self.metadata = try ObjectMeta(from: &metadata)
    unread.metadata = Array(raw)
    address = try Self.readAddress(raw)
    unread.address = address
  }

  private static func readAddress(_ metadata: ArraySlice<UInt8>) throws(JSONError) -> String? {
    var reader = JSONReader(metadata)
    var address: String?
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "annotations":
        try reader.readFields { reader, key throws(JSONError) in
          if key.string == addressAnnotation { address = try reader.readString() } else { try reader.skipValue() }
        }
      default: try reader.skipValue()
      }
    }
    return address
  }

  private mutating func readSpec(_ reader: inout JSONReader) throws(JSONError) {
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "holderIdentity": holderIdentity = try reader.readString()
      case "leaseDurationSeconds": durationSeconds = Int(try reader.readInt32())
      case "acquireTime": acquireTime = try reader.readString()
      case "renewTime": renewTime = try reader.readString()
      case "leaseTransitions": transitions = Int(try reader.readInt32())
      default: unread.spec[key.string] = Array(try reader.readRaw())
      }
    }
  }

  /// The JSON to create it from, or to replace it with: then the resource version in `metadata` has the API server
  /// refuse the replacement if the Lease changed since it was read.
  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("apiVersion", "coordination.k8s.io/v1")
      writer.member("kind", "Lease")
      writer.member("metadata") { writer in
        if unread.metadata.isEmpty {
          writeMetadata(to: &writer)
        } else if address == unread.address {
          writer.raw(unread.metadata)
        } else {
          writeUnreadMetadata(to: &writer)
        }
      }
      writer.member("spec") { writeSpec(to: &$0) }
    }
    return writer.bytes
  }

  private func writeMetadata(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("name", metadata.name)
      writer.member("namespace", metadata.namespace)
      if !metadata.resourceVersion.isEmpty { writer.member("resourceVersion", metadata.resourceVersion) }
      if address != nil { writer.member("annotations") { writeAnnotations([], to: &$0) } }
    }
  }

  /// The metadata that was read, with another address.
  private func writeUnreadMetadata(to writer: inout JSONWriter) {
    let members = Self.members(of: unread.metadata[...])
    writer.object { writer in
      for (name, value) in members where name != "annotations" { writer.member(name) { $0.raw(value) } }
      let annotations = members.last { $0.name == "annotations" }.map { Self.members(of: $0.value) } ?? []
      writer.member("annotations") { writeAnnotations(annotations, to: &$0) }
    }
  }

  private func writeAnnotations(_ others: [(name: String, value: ArraySlice<UInt8>)], to writer: inout JSONWriter) {
    writer.object { writer in
      for (name, value) in others where name != Self.addressAnnotation { writer.member(name) { $0.raw(value) } }
      writer.member(Self.addressAnnotation, address)
    }
  }

  /// The members of an object that was read before.
  private static func members(of object: ArraySlice<UInt8>) -> [(name: String, value: ArraySlice<UInt8>)] {
    var reader = JSONReader(object)
    var members: [(name: String, value: ArraySlice<UInt8>)] = []
    // It has been read once, so that nothing is wrong with it; null has no members.
    try? reader.readFields { reader, key throws(JSONError) in
      members.append((key.string, try reader.readRaw()))
    }
    return members
  }

  private func writeSpec(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("holderIdentity", holderIdentity)
      writer.member("leaseDurationSeconds", durationSeconds)
      writer.member("acquireTime", acquireTime)
      writer.member("renewTime", renewTime)
      writer.member("leaseTransitions", transitions)
      for (name, value) in unread.spec.sorted(by: { $0.key < $1.key }) {
        writer.member(name) { $0.raw(value) }
      }
    }
  }
}
