import JSON

/// An Event of `events.k8s.io/v1`, which `kubectl describe` shows at the object that it regards.
package struct EventDocument: Hashable, Sendable {
  package enum Severity: String, Hashable, Sendable {
    case normal = "Normal"
    case warning = "Warning"
  }

  /// The bounds that the API server sets, in bytes (`ValidateEventCreate`).
  private static let noteLimit = 1024
  private static let shortLimit = 128

  package var name: String
  /// The object that it is about, which is in the Event's own namespace.
  package var regarding: KubernetesKind
  package var object: ObjectMeta
  package var severity: Severity
  /// In one word, for machines.
  package var reason: String
  /// What was done when it came up, in one word.
  package var action: String
  /// For people; cut at 1,024 bytes.
  package var note: String
  /// RFC 3339 with microseconds.
  package var time: String
  package var controller: String
  /// Which replica.
  package var instance: String

  package init(
    name: String, regarding: KubernetesKind, object: ObjectMeta, severity: Severity, reason: String, action: String,
    note: String, time: String, controller: String, instance: String
  ) {
    self.name = name
    self.regarding = regarding
    self.object = object
    self.severity = severity
    self.reason = reason
    self.action = action
    self.note = note
    self.time = time
    self.controller = controller
    self.instance = instance
  }

  /// The JSON to create it from.
  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("apiVersion", "events.k8s.io/v1")
      writer.member("kind", "Event")
      writer.member("metadata") { writer in
        writer.object { writer in
          writer.member("name", name)
          writer.member("namespace", object.namespace)
        }
      }
      writer.member("eventTime", time)
      writer.member("reportingController", Self.cut(controller, Self.shortLimit))
      writer.member("reportingInstance", Self.cut(instance, Self.shortLimit))
      writer.member("action", Self.cut(action, Self.shortLimit))
      writer.member("reason", Self.cut(reason, Self.shortLimit))
      writer.member("type", severity.rawValue)
      writer.member("note", Self.cut(note, Self.noteLimit))
      writer.member("regarding") { writer in
        writer.object { writer in
          writer.member("apiVersion", regarding.apiVersion)
          writer.member("kind", regarding.rawValue)
          writer.member("name", object.name)
          writer.member("namespace", object.namespace)
          if !object.uid.isEmpty { writer.member("uid", object.uid) }
          if !object.resourceVersion.isEmpty { writer.member("resourceVersion", object.resourceVersion) }
        }
      }
    }
    return writer.bytes
  }

  /// The text, or as many of its characters as fit with a sign that something is missing.
  static func cut(_ text: String, _ limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    let sign = "..."
    var cut = text.prefix(limit)
    while cut.utf8.count + sign.utf8.count > limit { cut.removeLast() }
    return cut + sign
  }
}
