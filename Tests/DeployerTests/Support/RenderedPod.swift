import Deployer
import JSON
import RealComponents
import Testing

/// Stands in for the kubelet: what a rendered Deployment says, ready to be started on this machine.
struct RenderedPod {
  /// The files of the ConfigMap, by name.
  let files: [String: String]
  /// Of the container, without its command.
  let arguments: [String]
  /// Of the container's `preStop`, without its command.
  let drainArguments: [String]

  init(_ deployment: ProxyDeployment) throws {
    let objects = try #require(deployment.objects, "\(deployment.problems)")
    func document(_ kind: ManagedKind) throws -> JSONValue {
      try #require(objects.first { $0.kind == kind }?.document)
    }
    guard case .object(let data)? = try document(.configMap)["data"] else {
      throw Manifests.Unusable(description: "the ConfigMap has no data")
    }
    files = Dictionary(uniqueKeysWithValues: data.map { ($0.key, $0.value.text ?? "") })
    let pod = try #require(try document(.deployment)["spec"]?["template"]?["spec"])
    let container = try #require(pod["containers"]?.elements.first)
    arguments = container["args"]?.elements.compactMap(\.text) ?? []
    drainArguments =
      container["lifecycle"]?["preStop"]?["exec"]?["command"]?.elements.dropFirst().compactMap(\.text) ?? []
  }

  /// Writes the files into a folder, made for this machine: on loopback ports, with the folder instead of the mounts.
  ///
  /// - Parameters:
  ///   - ports: by the port that a pod has.
  ///   - edit: a last change of the bootstrap.
  /// - Returns: the arguments of the proxy, and those that drain it.
  func mount(
    in folder: TemporaryFolder, ports: [Int: Int], variables: [String: String] = [:],
    editing edit: (String) throws -> String = { $0 }
  ) throws -> (proxy: [String], drain: [String]) {
    func local(_ text: String) -> String {
      var text = text.replacing("/etc/envoy", with: folder.path)
        .replacing("/var/run/secrets/kgateway", with: folder.path)
        .replacing("\"0.0.0.0\"", with: "\"127.0.0.1\"")
        .replacing("@kgateway-drain-", with: "@kgateway-drain-\(ports[19000] ?? 0)-")
      for (port, own) in ports { text = text.replacing("\"port_value\": \(port)", with: "\"port_value\": \(own)") }
      for (name, value) in variables { text = text.replacing("$(\(name))", with: value) }
      return text
    }
    for (name, text) in files {
      _ = try folder.write(name == "envoy.json" ? try edit(local(text)) : local(text), to: name)
    }
    return (arguments.map(local), drainArguments.map(local))
  }
}

extension JSONValue {
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}
