package import JSON

/// What of an object's `metadata` is of use to anybody, beside its names and versions. Most objects of a cluster are
/// nobody's backend, so what is not kept of a Service or an EndpointSlice counts more than all else.
enum KeptMetadata {
  case all
  /// `uid` and `creationTimestamp`.
  case identity
  case labels
  /// The label by which an EndpointSlice names its Service.
  case serviceLabel
  case nothing

  /// How a Service is named by its EndpointSlices.
  static let serviceName = "kubernetes.io/service-name"

  fileprivate var hasIdentity: Bool { self == .all || self == .identity }
}

extension ObjectMeta: JSONDecodable {
  /// Reads `metadata`; its larger part (managed fields, annotations, owners) is passed over.
  ///
  /// There may be no name: a watch's bookmark has nothing but a `resourceVersion`.
  package init(from reader: inout JSONReader) throws(JSONError) {
    try self.init(from: &reader, keeping: .all)
  }

  /// Reads `metadata`. What is not kept is held to the same rules as what is.
  init(from reader: inout JSONReader, keeping kept: KeptMetadata) throws(JSONError) {
    self.init()
    try reader.readFields { reader, key throws(JSONError) in
      switch key {
      case "name": name = try reader.readString()
      case "namespace": namespace = try reader.readString()
      case "uid": if kept.hasIdentity { uid = try reader.readString() } else { try reader.passString() }
      case "resourceVersion": resourceVersion = try reader.readString()
      case "generation": generation = try reader.readInt()
      case "creationTimestamp":
        let time = try Self.readTimestamp(from: &reader)
        if kept.hasIdentity { creationTimestamp = time }
      case "labels": try readLabels(from: &reader, keeping: kept)
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

  private mutating func readLabels(from reader: inout JSONReader, keeping kept: KeptMetadata) throws(JSONError) {
    if kept == .all || kept == .labels {
      labels = try reader.readStringMap()
      return
    }
    try reader.readFields { reader, key throws(JSONError) in
      if kept == .serviceLabel, key == "kubernetes.io/service-name" {
        labels[KeptMetadata.serviceName] = try reader.readString()
      } else {
        try reader.passString()
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
