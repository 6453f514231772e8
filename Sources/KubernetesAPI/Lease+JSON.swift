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
        if unread.metadata.isEmpty { writeMetadata(to: &writer) } else { writer.raw(unread.metadata) }
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
    }
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
