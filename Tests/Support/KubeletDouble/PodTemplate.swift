import APIServerDouble

/// What a Deployment says of its pods, as far as the kubelet double carries it out.
package struct PodTemplate: Sendable, Equatable {
  package var labels: [String: String]
  package var serviceAccountName: String
  package var terminationGrace: Duration
  var annotations: [String: String]
  var containers: [Container]
  var volumes: [Volume]

  struct Volume: Sendable, Equatable {
    let name: String
    let source: JSONValue
  }

  struct Container: Sendable, Equatable {
    struct Mount: Sendable, Equatable {
      let volume: String
      let path: String
    }

    struct HTTPGet: Sendable, Equatable {
      let port: Int
      let path: String
    }

    let name: String
    let image: String
    let command: [String]
    let arguments: [String]
    let environment: [JSONValue]
    let mounts: [Mount]
    let readiness: HTTPGet?
    /// The command of `lifecycle.preStop.exec`.
    let preStop: [String]
    /// `lifecycle.preStop.sleep`
    let preStopSleep: Duration
  }

  /// - Parameter document: `spec.template` of a Deployment.
  init(_ document: JSONValue) {
    let spec = document["spec"] ?? [:]
    labels = document[["metadata", "labels"]]?.strings ?? [:]
    annotations = document[["metadata", "annotations"]]?.strings ?? [:]
    serviceAccountName = spec["serviceAccountName"]?.stringValue ?? "default"
    terminationGrace = .seconds(spec["terminationGracePeriodSeconds"]?.integerValue ?? 30)
    containers = (spec["containers"]?.arrayValue ?? []).map(Container.init)
    volumes = (spec["volumes"]?.arrayValue ?? []).map { Volume(name: $0["name"]?.stringValue ?? "", source: $0) }
  }
}

extension PodTemplate.Container {
  fileprivate init(_ document: JSONValue) {
    name = document["name"]?.stringValue ?? ""
    image = document["image"]?.stringValue ?? ""
    command = document["command"]?.texts ?? []
    arguments = document["args"]?.texts ?? []
    environment = document["env"]?.arrayValue ?? []
    mounts = (document["volumeMounts"]?.arrayValue ?? []).map {
      Mount(volume: $0["name"]?.stringValue ?? "", path: $0["mountPath"]?.stringValue ?? "")
    }
    readiness = document[["readinessProbe", "httpGet"]].flatMap { probe in
      let named = (document["ports"]?.arrayValue ?? []).first { $0["name"] == probe["port"] }
      let port = probe["port"]?.integerValue ?? named?["containerPort"]?.integerValue
      return port.map { HTTPGet(port: Int($0), path: probe["path"]?.stringValue ?? "/") }
    }
    preStop = document[["lifecycle", "preStop", "exec", "command"]]?.texts ?? []
    preStopSleep = .seconds(document[["lifecycle", "preStop", "sleep", "seconds"]]?.integerValue ?? 0)
  }
}

extension JSONValue {
  /// The strings of an array.
  var texts: [String] { (arrayValue ?? []).compactMap(\.stringValue) }

  /// The members of an object whose values are strings.
  var strings: [String: String] {
    Dictionary(
      (objectValue ?? [:]).compactMap { key, value in value.stringValue.map { (key, $0) } },
      uniquingKeysWith: { _, last in last })
  }
}
