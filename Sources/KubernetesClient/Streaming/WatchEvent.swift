package import JSON
import KubernetesAPI

/// One event of a watch.
package struct WatchEvent: Sendable, Hashable {
  package enum Kind: String, Sendable {
    case added = "ADDED"
    case modified = "MODIFIED"
    /// Deleted, or no longer matching the watch's selectors.
    case deleted = "DELETED"
    /// Nothing changed up to the resourceVersion in the object's metadata.
    case bookmark = "BOOKMARK"
    /// The object is a `Status`; the stream ends.
    case error = "ERROR"
  }

  package var kind: Kind
  /// The object's JSON.
  package var object: ArraySlice<UInt8>

  /// Reads `{"type": ..., "object": ...}`; the object itself is only looked over.
  package init(_ bytes: ArraySlice<UInt8>) throws(JSONError) {
    var reader = JSONReader(bytes)
    var kind: Kind?
    var object: ArraySlice<UInt8>?
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "type":
        let name = try reader.readString()
        guard let known = Kind(rawValue: name) else { throw reader.error("unknown type of event \"\(name)\"") }
        kind = known
      case "object": object = try reader.readRaw()
      default: try reader.skipValue()
      }
    }
    guard let kind, let object else { throw reader.error("an event needs both \"type\" and \"object\"") }
    self.kind = kind
    self.object = object
  }
}

/// What tells an object and its state from others, read as far as it is readable: from objects that are deleted, or
/// that their decoder refuses.
struct ObjectIdentity: Sendable, Hashable {
  /// Nil when there is no name.
  private(set) var id: NamespacedName?
  /// Empty when there is none.
  private(set) var resourceVersion = ""

  init(_ bytes: ArraySlice<UInt8>) {
    var reader = JSONReader(bytes)
    // What is broken behind the metadata does not matter here, and what is broken before it leaves no name.
    try? read(&reader)
  }

  /// Of a watch event that is broken somewhere behind the metadata of its object.
  init(ofEvent bytes: ArraySlice<UInt8>) {
    var reader = JSONReader(bytes)
    // As above.
    try? reader.readObject { reader, key throws(JSONError) in
      if key == "object" { try read(&reader) } else { try reader.skipValue() }
    }
  }

  private mutating func read(_ reader: inout JSONReader) throws(JSONError) {
    var namespace = ""
    var name = ""
    var resourceVersion = ""
    defer {
      if !name.isEmpty { id = NamespacedName(namespace: namespace, name: name) }
      self.resourceVersion = resourceVersion
    }
    try reader.readObject { reader, key throws(JSONError) in
      guard key == "metadata" else { return try reader.skipValue() }
      try reader.readObject { reader, key throws(JSONError) in
        switch key {
        case "namespace": namespace = try reader.readString()
        case "name": name = try reader.readString()
        case "resourceVersion": resourceVersion = try reader.readString()
        default: try reader.skipValue()
        }
      }
    }
  }
}

/// What a bookmark says: all changes up to a state have been told.
struct Bookmark: Sendable, Hashable {
  /// Empty when it names none.
  private(set) var resourceVersion = ""
  /// Whether it stands behind the events that make a list, in a watch that begins with one.
  private(set) var endsInitialEvents = false

  init(_ bytes: ArraySlice<UInt8>) {
    resourceVersion = ObjectIdentity(bytes).resourceVersion
    var endsInitialEvents = false
    var reader = JSONReader(bytes)
    // What cannot be read says nothing.
    try? reader.readObject { reader, key throws(JSONError) in
      guard key == "metadata" else { return try reader.skipValue() }
      try reader.readObject { reader, key throws(JSONError) in
        guard key == "annotations", try !reader.readNull() else { return try reader.skipValue() }
        try reader.readObject { reader, key throws(JSONError) in
          guard key == "k8s.io/initial-events-end" else { return try reader.skipValue() }
          endsInitialEvents = try reader.readString() == "true"
        }
      }
    }
    self.endsInitialEvents = endsInitialEvents && !resourceVersion.isEmpty
  }
}

/// What a page of a list says of itself.
package struct ListMetadata: Sendable, Hashable {
  /// The state that the list shows; a watch goes on from here.
  package var resourceVersion: String
  /// Asks for the next page; nil on the last one.
  package var continueToken: String?

  package init(resourceVersion: String, continueToken: String? = nil) {
    self.resourceVersion = resourceVersion
    self.continueToken = continueToken
  }

  /// Reads a list without its items.
  init(list bytes: [UInt8]) throws(JSONError) {
    var reader = JSONReader(bytes)
    var metadata = ListMetadata(resourceVersion: "")
    try reader.readObject { reader, key throws(JSONError) in
      guard key == "metadata" else { return try reader.skipValue() }
      try reader.readObject { reader, key throws(JSONError) in
        switch key {
        case "resourceVersion": metadata.resourceVersion = try reader.readString()
        case "continue":
          let token = try reader.readString()
          metadata.continueToken = token.isEmpty ? nil : token
        default: try reader.skipValue()
        }
      }
    }
    try reader.readEnd()
    guard !metadata.resourceVersion.isEmpty else { throw reader.error("the list has no metadata.resourceVersion") }
    self = metadata
  }
}
