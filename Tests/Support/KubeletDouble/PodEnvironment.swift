import APIServerDouble

/// A pod's identity, of which the downward API tells its containers.
struct PodIdentity: Sendable {
  let namespace: String
  let name: String
  let uid: String
  /// An address of 127.0.0.0/8, the pod's own.
  let address: String
  let node: String
  let template: PodTemplate
}

/// The variables of a container, and what they are put into.
struct PodEnvironment: Sendable {
  /// By name, in no order: each was expanded with those before it.
  private(set) var variables: [String: String] = [:]

  init(of container: PodTemplate.Container, _ pod: PodIdentity) {
    for entry in container.environment {
      guard let name = entry["name"]?.stringValue else { continue }
      if let value = entry["value"]?.stringValue {
        variables[name] = expand(value)
      } else if let path = entry[["valueFrom", "fieldRef", "fieldPath"]]?.stringValue {
        variables[name] = Self.field(path, pod)
      }
    }
  }

  /// Replaces `$(NAME)` of a known variable; `$$` stands for a dollar sign, and what is unknown stays as it is.
  func expand(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      if rest.first == "$" {
        result += "$"
        rest = rest.dropFirst()
      } else if rest.first == "(", let end = rest.firstIndex(of: ")") {
        let name = String(rest[rest.index(after: rest.startIndex)..<end])
        result += variables[name] ?? "$(\(name))"
        rest = rest[rest.index(after: end)...]
      } else {
        result += "$"
      }
    }
    return result + rest
  }

  /// A field of the downward API.
  static func field(_ path: String, _ pod: PodIdentity) -> String? {
    switch path {
    case "metadata.name": pod.name
    case "metadata.namespace": pod.namespace
    case "metadata.uid": pod.uid
    case "status.podIP", "status.podIPs", "status.hostIP": pod.address
    case "spec.nodeName": pod.node
    case "spec.serviceAccountName": pod.template.serviceAccountName
    default: mapField(path, pod)
    }
  }

  /// `metadata.labels['app']`
  private static func mapField(_ path: String, _ pod: PodIdentity) -> String? {
    for (prefix, values) in [
      ("metadata.labels['", pod.template.labels), ("metadata.annotations['", pod.template.annotations),
    ] where path.hasPrefix(prefix) && path.hasSuffix("']") {
      return values[String(path.dropFirst(prefix.count).dropLast(2))] ?? ""
    }
    return nil
  }
}
