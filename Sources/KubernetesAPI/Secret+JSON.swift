import FoundationEssentials
package import JSON

extension Secret: JSONDecodable {
  package init(from reader: inout JSONReader) throws(JSONError) {
    var raw: ArraySlice<UInt8> = []
    var type = "Opaque"
    var data: [String: [UInt8]] = [:]
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "metadata": raw = try reader.readRaw()
      case "type": type = try reader.readString()
      case "data": data = try Self.readData(&reader)
      default: try reader.skipValue()
      }
    }
    guard !raw.isEmpty else { throw reader.missing("metadata") }
    var metadata = JSONReader(raw)
    self.init(metadata: try ObjectMeta(from: &metadata), type: type, data: data)
    unreadMetadata = Array(raw)
  }

  private static func readData(_ reader: inout JSONReader) throws(JSONError) -> [String: [UInt8]] {
    var data: [String: [UInt8]] = [:]
    try reader.readObject { reader, key throws(JSONError) in
      if try reader.readNull() { return }
      let start = reader.offset
      // Without the text, which is secret.
      guard let bytes = Data(base64Encoded: try reader.readString()) else {
        throw reader.error("expected base64", at: start)
      }
      data[key.string] = Array(bytes)
    }
    return data
  }

  /// The JSON to create it from, or to replace it with: then the resource version in `metadata` has the API server
  /// refuse the replacement if the Secret changed since it was read. Labels are written only where it was not read.
  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("apiVersion", "v1")
      writer.member("kind", "Secret")
      writer.member("metadata") { writer in
        if unreadMetadata.isEmpty { writeMetadata(to: &writer) } else { writer.raw(unreadMetadata) }
      }
      writer.member("type", type)
      writer.member("data") { writer in
        writer.object { writer in
          for (name, bytes) in data.sorted(by: { $0.key < $1.key }) {
            writer.member(name, Data(bytes).base64EncodedString())
          }
        }
      }
    }
    return writer.bytes
  }

  private func writeMetadata(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("name", metadata.name)
      writer.member("namespace", metadata.namespace)
      guard !metadata.labels.isEmpty else { return }
      writer.member("labels") { writer in
        writer.object { writer in
          for (name, value) in metadata.labels.sorted(by: { $0.key < $1.key }) { writer.member(name, value) }
        }
      }
    }
  }
}
