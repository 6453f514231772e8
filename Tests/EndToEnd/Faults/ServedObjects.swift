import APIServerDouble
import KubernetesAPI

/// Each object and its version, as the API server has them and as an operator knows them: what is the same in both.
struct ServedObjects {
  /// Lines as of `/objects`.
  let lines: Set<String>

  /// What the API server has of the kinds that are watched.
  static func stored(in apiServer: APIServerDouble) async -> ServedObjects {
    var lines: Set<String> = []
    for kind in KubernetesKind.allCases {
      for object in await apiServer.objects(kind.plural, group: kind.group) {
        let metadata = object["metadata"]
        let id = NamespacedName(
          namespace: metadata?["namespace"]?.stringValue ?? "", name: metadata?["name"]?.stringValue ?? "")
        let version = metadata?["resourceVersion"]?.stringValue ?? ""
        lines.insert("\(ObjectReference(kind: kind, id: id)) \(version)")
      }
    }
    return ServedObjects(lines: lines)
  }

  /// What the operator knows.
  static func known(to kgateway: KubernetesOperator) async throws -> ServedObjects {
    ServedObjects(lines: Set(try await kgateway.adminPage("/objects")))
  }

  /// What one has and the other has not, for a message.
  func difference(to other: ServedObjects) -> String {
    let (here, there) = (lines.subtracting(other.lines).sorted(), other.lines.subtracting(lines).sorted())
    return "only the server has \(here), only the operator has \(there)"
  }
}
