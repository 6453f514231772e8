extension CoreKinds {
  /// Events as `events.k8s.io/v1` has them, which is how they are stored.
  static let events = ResourceKind(
    group: "events.k8s.io", version: "v1", kind: "Event", plural: "events", singular: "event", shortNames: ["ev"],
    allowsUnconditionalUpdate: true,
    schema: .root([
      "eventTime": .string, "series": .openObject, "reportingController": .string, "reportingInstance": .string,
      "action": .string, "reason": .string, "regarding": objectReference, "related": objectReference,
      "note": .string, "type": .string, "deprecatedSource": .openObject, "deprecatedFirstTimestamp": .nullableString,
      "deprecatedLastTimestamp": .nullableString, "deprecatedCount": .integer,
    ]).open,
    columns: [
      PrinterColumn("Type", ".type"), PrinterColumn("Reason", ".reason"), PrinterColumn("Message", ".note"), .age,
    ],
    selectableFields: ["regarding.name", "regarding.namespace", "regarding.uid", "regarding.kind", "reason", "type"],
    prepareForCreate: { object in
      if object["deprecatedSource"] == nil { object["deprecatedSource"] = [:] }
      for name in ["deprecatedFirstTimestamp", "deprecatedLastTimestamp"] where object[name] == nil {
        object[name] = .null
      }
    })

  /// The same Events as the core group shows them: what `kubectl describe` asks for.
  static let coreEvents: ResourceKind = {
    var kind = events
    kind.group = ""
    kind.schema =
      .root([
        "involvedObject": objectReference, "reason": .string, "message": .string, "source": .openObject,
        "firstTimestamp": .nullableString, "lastTimestamp": .nullableString, "count": .integer, "type": .string,
        "eventTime": .nullableString, "series": .openObject, "action": .string, "related": objectReference,
        "reportingComponent": .string, "reportingInstance": .string,
      ]).open
    kind.columns = [
      PrinterColumn("Type", ".type"), PrinterColumn("Reason", ".reason"), PrinterColumn("Message", ".message"), .age,
    ]
    kind.selectableFields = [
      "involvedObject.name", "involvedObject.namespace", "involvedObject.uid", "involvedObject.kind", "reason", "type",
    ]
    kind.prepareForCreate = nil
    return kind
  }()

  /// What a member of a core Event is called in `events.k8s.io/v1`; other members have one name in both.
  static let eventFieldNames: [(core: String, current: String)] = [
    ("involvedObject", "regarding"), ("message", "note"), ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"),
  ]

  private static let objectReference = Schema.object([
    "kind": .string, "namespace": .string, "name": .string, "uid": .string, "apiVersion": .string,
    "resourceVersion": .string, "fieldPath": .string,
  ]).atomic
}

extension Schema {
  fileprivate static let nullableString = Schema(type: .string, nullable: true)
}
