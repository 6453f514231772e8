import JSON
import KubernetesAPI
import KubernetesClient

/// A kind for tests: metadata, and one field that can be wrong.
struct Note: WatchedObject, Hashable {
  var metadata = ObjectMeta()
  var text = ""

  static let resource = APIResource(group: "tests.example", version: "v1", plural: "notes", kind: "Note")

  init(from reader: inout JSONReader) throws(JSONError) {
    var note = Note()
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "metadata":
        try reader.readObject { reader, key throws(JSONError) in
          switch key {
          case "namespace": note.metadata.namespace = try reader.readString()
          case "name": note.metadata.name = try reader.readString()
          case "resourceVersion": note.metadata.resourceVersion = try reader.readString()
          default: try reader.skipValue()
          }
        }
      case "text": note.text = try reader.readString()
      default: try reader.skipValue()
      }
    }
    self = note
  }

  private init() {}

  /// The JSON of a note; `text` is JSON, too.
  static func json(_ name: String, at version: Int, text: String = #""hello""#) -> String {
    #"{"metadata":{"namespace":"demo","name":"\#(name)","resourceVersion":"\#(version)"},"text":\#(text)}"#
  }

  /// A watch event about a note.
  static func event(_ type: String, _ name: String, at version: Int, text: String = #""hello""#) -> String {
    #"{"type":"\#(type)","object":\#(json(name, at: version, text: text))}"# + "\n"
  }

  static func bookmark(at version: Int) -> String {
    #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"\#(version)"}}}"# + "\n"
  }

  /// A page of a list, the metadata behind the items.
  static func list(_ items: [String], at version: Int, continueToken: String = "") -> String {
    let metadata = #"{"resourceVersion":"\#(version)","continue":"\#(continueToken)"}"#
    return #"{"kind":"NoteList","items":[\#(items.joined(separator: ","))],"metadata":\#(metadata)}"# + "\n"
  }
}
