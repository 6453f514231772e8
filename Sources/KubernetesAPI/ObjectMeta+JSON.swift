package import JSON

extension ObjectMeta: JSONDecodable {
  /// Reads `metadata`; its larger part (managed fields, annotations, owners) is passed over.
  ///
  /// There may be no name: a watch's bookmark has nothing but a `resourceVersion`.
  package init(from reader: inout JSONReader) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "name": name = try reader.readString()
      case "namespace": namespace = try reader.readString()
      case "uid": uid = try reader.readString()
      case "resourceVersion": resourceVersion = try reader.readString()
      case "generation": generation = try reader.readInt()
      case "creationTimestamp": creationTimestamp = try Self.readTimestamp(from: &reader)
      case "labels": labels = try reader.readStringMap()
      case "deletionTimestamp":
        _ = try Self.readTimestamp(from: &reader)
        isBeingDeleted = true
      case "managedFields", "annotations", "ownerReferences", "finalizers", "generateName", "selfLink",
        "deletionGracePeriodSeconds":
        try reader.skipValue()
      default: try reader.skipUnknownField(key)
      }
    }
  }

  private static func readTimestamp(from reader: inout JSONReader) throws(JSONError) -> String {
    let start = reader.offset
    let text = try reader.readString()
    guard let time = Timestamp.normalized(text) else {
      throw reader.error("expected a time such as 2006-01-02T15:04:05Z, found \"\(text)\"", at: start)
    }
    return time
  }
}
