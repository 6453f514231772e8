package import JSON
import KubernetesAPI

extension PolicyExplanation {
  /// The explanation for scripts. The shape is stable: members are added, never renamed or removed.
  ///
  ///     {"gateways": [{
  ///       "gateway": "NAMESPACE/NAME",
  ///       "listeners": [{
  ///         "name": "http", "port": 8080,
  ///         "hostname": "HOST",                      left out where every host is meant
  ///         "fault": "TEXT",                         why it is not served; left out where it is
  ///         "values": [FIELD],                       in effect
  ///         "withoutEffect": [FIELD + {
  ///           "decidedBy": "NAMESPACE/NAME",         the policy that decides instead
  ///           "reason": "TEXT"}]}],
  ///       "refused": [{
  ///         "file": "PATH", "line": 1, "column": 1,
  ///         "object": "KIND NAMESPACE/NAME", "path": "spec...", "message": "TEXT"}]}]}
  ///
  /// with FIELD: `{"path": "spec.tracing", "policy": "NAMESPACE/NAME", "file": "PATH", "line": 1, "value": ...}`, and
  /// `"note": "TEXT"` where something else holds than the reference has for what the value leaves out.
  package var document: JSONValue {
    .object([JSONMember(key: "gateways", value: .array(gateways.map(\.document)))])
  }
}

extension PolicyExplanation.Gateway {
  fileprivate var document: JSONValue {
    .object([
      JSONMember(key: "gateway", value: .string(name.description)),
      JSONMember(key: "listeners", value: .array(listeners.map(\.document))),
      JSONMember(key: "refused", value: .array(refused.map(\.document))),
    ])
  }
}

extension PolicyExplanation.Listener {
  fileprivate var document: JSONValue {
    var members = [
      JSONMember(key: "name", value: .string(name)), JSONMember(key: "port", value: .integer(Int64(port))),
    ]
    if let hostname { members.append(JSONMember(key: "hostname", value: .string(hostname))) }
    if let fault { members.append(JSONMember(key: "fault", value: .string(fault))) }
    members.append(JSONMember(key: "values", value: .array(values.map { .object($0.members) })))
    members.append(
      JSONMember(
        key: "withoutEffect",
        value: .array(
          losses.map { loss in
            .object(
              loss.field.members + [
                JSONMember(key: "decidedBy", value: .string(loss.winner.description)),
                JSONMember(key: "reason", value: .string(loss.reason)),
              ])
          })))
    return .object(members)
  }
}

extension PolicyExplanation.Field {
  fileprivate var members: [JSONMember] {
    [
      JSONMember(key: "path", value: .string(path)), JSONMember(key: "policy", value: .string(policy.description)),
      JSONMember(key: "file", value: .string(file)), JSONMember(key: "line", value: .integer(Int64(line))),
      JSONMember(key: "value", value: value ?? .null),
    ] + (note.map { [JSONMember(key: "note", value: .string($0))] } ?? [])
  }
}

extension ManifestDiagnostic {
  fileprivate var document: JSONValue {
    .object([
      JSONMember(key: "file", value: .string(file)), JSONMember(key: "line", value: .integer(Int64(line))),
      JSONMember(key: "column", value: .integer(Int64(column))),
      JSONMember(key: "object", value: object.map(JSONValue.string) ?? .null),
      JSONMember(key: "path", value: field.map(JSONValue.string) ?? .null),
      JSONMember(key: "message", value: .string(message)),
    ])
  }
}
