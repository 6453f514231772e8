import APIServerDouble

/// All that is not compared between a recording and the double's answer, with the reason. Everything else has to be
/// the same, letter by letter: the order of members, resourceVersions, times, messages.
enum TranscriptDifferences {
  /// The headers that are compared. Of the others, `Audit-Id` and the two `X-Kubernetes-Pf-` name things of the
  /// recorded server, `Date` is set by the HTTP server, `Etag` is a SHA-512 that clients only hand back, and whether
  /// a body comes with a length or in chunks depends on its size.
  static let comparedHeaders = [
    "Content-Type", "Cache-Control", "Retry-After", "Vary", "Warning", "X-Content-Type-Options",
  ]

  /// Bodies that are compared in part, by the number of the recording.
  static func comparable(_ body: String, of transcript: Transcript) -> String {
    switch transcript.number {
    case 1: withoutBuild(body)
    case 2: servedGroups(body)
    case 3: withoutStorageVersions(body)
    case 34: withoutRepeatedBookmarks(body)
    case 53: lastLine(body)
    default: body
    }
  }

  /// 01: how the recorded server was built.
  private static func withoutBuild(_ body: String) -> String {
    body.split(separator: "\n").filter { line in
      !["gitVersion", "gitCommit", "goVersion"].contains { line.contains("\"\($0)\"") }
    }.joined(separator: "\n")
  }

  /// 02: the double serves the kinds in use, each in one version, and no `scale`; their order is that of the tables.
  private static func servedGroups(_ body: String) -> String {
    let served: [String: Set<String>] = [
      "apps": ["deployments"], "events.k8s.io": ["events"], "authentication.k8s.io": ["tokenreviews"],
      "apiextensions.k8s.io": ["customresourcedefinitions"], "coordination.k8s.io": ["leases"],
      "discovery.k8s.io": ["endpointslices"],
      "gateway.networking.k8s.io": [
        "gateways", "httproutes", "referencegrants", "udproutes", "grpcroutes", "listenersets", "tcproutes",
        "tlsroutes", "backendtlspolicies", "gatewayclasses",
      ],
    ]
    let groups = JSONValue(json: body)?["items"]?.arrayValue ?? []
    let lines = groups.compactMap { group -> String? in
      guard let name = group[["metadata", "name"]]?.stringValue, let plurals = served[name],
        var version = group["versions"]?.arrayValue?.first
      else { return nil }
      let resources = (version["resources"]?.arrayValue ?? []).filter {
        plurals.contains($0["resource"]?.stringValue ?? "")
      }
      version["resources"] = .array(resources.map(withoutScale))
      return "\(name) \(version.jsonText)"
    }
    return lines.sorted().joined(separator: "\n")
  }

  private static func withoutScale(_ resource: JSONValue) -> JSONValue {
    var resource = resource
    resource["subresources"] = resource["subresources"]?.arrayValue.map {
      .array($0.filter { $0["subresource"] != "scale" })
    }
    return resource
  }

  /// 03: `storageVersionHash` is a SHA-256 that no client reads.
  private static func withoutStorageVersions(_ body: String) -> String {
    guard var list = JSONValue(json: body) else { return body }
    list["resources"] = list["resources"]?.arrayValue.map {
      .array(
        $0.map { resource in
          var resource = resource
          resource["storageVersionHash"] = nil
          return resource
        })
    }
    return list.jsonText
  }

  /// 34: how many bookmarks come near the end is a matter of when the server's timer runs.
  private static func withoutRepeatedBookmarks(_ body: String) -> String {
    var lines: [Substring] = []
    for line in body.split(separator: "\n") where !(line.contains("BOOKMARK") && line == lines.last) {
      lines.append(line)
    }
    return lines.joined(separator: "\n")
  }

  /// 53: the checks are those of the recorded server's parts.
  private static func lastLine(_ body: String) -> String {
    body.split(separator: "\n").last.map(String.init) ?? ""
  }
}
