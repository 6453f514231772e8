import JSON
import KubernetesAPI
import KubernetesClient
import Translator

/// Renders the objects of one Gateway. Each document holds what the operator owns, and nothing that Kubernetes fills in.
struct ProxyObjects {
  let gateway: Gateway
  let parameters: ProxyParameters
  let settings: DeployerSettings
  let ports: [ServedPort]
  let names: ObjectNames
  let addresses: GatewayAddresses

  var id: NamespacedName { gateway.metadata.id }

  /// Those that others need come first.
  func all() throws -> [ManagedObject] {
    let files = try ConfigurationFiles(of: self)
    return [serviceAccount, configMap(files), service, deployment(files), autoscaler, disruptionBudget]
      .compactMap(\.self)
  }

  // MARK: What all objects have in common

  /// - Parameters:
  ///   - labels: those of this kind of object, beside those of all.
  ///   - annotations: as of labels.
  ///   - members: what the object has beside its `metadata`.
  func object(
    _ kind: ManagedKind, name: String, labels: [String: String] = [:], annotations: [String: String] = [:],
    _ members: [JSONMember]
  ) -> ManagedObject {
    var metadata: [JSONMember] = [
      JSONMember(key: "name", value: .string(name)),
      JSONMember(key: "namespace", value: .string(id.namespace)),
      JSONMember(
        key: "labels",
        value: .map(
          gateway.infrastructure.labels.overlaid(with: labels).overlaid(with: ObjectLabels.selector(for: id)))),
    ]
    let annotations = gateway.infrastructure.annotations.overlaid(with: annotations)
    if !annotations.isEmpty { metadata.append(JSONMember(key: "annotations", value: .map(annotations))) }
    let head: [JSONMember] = [
      JSONMember(key: "apiVersion", value: .string(kind.resource.apiVersion)),
      JSONMember(key: "kind", value: .string(kind.rawValue)),
      JSONMember(key: "metadata", value: .object(metadata)),
    ]
    return ManagedObject(
      kind, NamespacedName(namespace: id.namespace, name: name), document: .object(head + members))
  }

  // MARK: The smaller objects

  private var serviceAccount: ManagedObject {
    object(
      .serviceAccount, name: names.serviceAccount,
      // The one token that proxies have is mounted by itself, for the control plane alone.
      [JSONMember(key: "automountServiceAccountToken", value: false)])
  }

  private func configMap(_ files: ConfigurationFiles) -> ManagedObject {
    object(.configMap, name: names.objects, [JSONMember(key: "data", value: .map(files.contents))])
  }

  private var autoscaler: ManagedObject? {
    guard let autoscaling = parameters.merged.autoscaling else { return nil }
    var spec: [JSONMember] = [
      JSONMember(
        key: "scaleTargetRef",
        value: ["apiVersion": "apps/v1", "kind": "Deployment", "name": .string(names.objects)])
    ]
    if let minimum = autoscaling.minReplicas {
      spec.append(JSONMember(key: "minReplicas", value: .integer(Int64(minimum))))
    }
    spec.append(JSONMember(key: "maxReplicas", value: .integer(Int64(autoscaling.maxReplicas))))
    let memory = autoscaling.targetMemoryUtilizationPercentage
    // Kubernetes would choose the same where nothing is said.
    let cpu = autoscaling.targetCPUUtilizationPercentage ?? (memory == nil ? 80 : nil)
    let metrics = [("cpu", cpu), ("memory", memory)].compactMap { name, target in
      target.map { Self.metric(name, utilization: $0) }
    }
    spec.append(JSONMember(key: "metrics", value: .array(metrics)))
    return object(
      .horizontalPodAutoscaler, name: names.objects, [JSONMember(key: "spec", value: .object(spec))])
  }

  private static func metric(_ name: String, utilization: Int) -> JSONValue {
    [
      "type": "Resource",
      "resource": [
        "name": .string(name),
        "target": ["type": "Utilization", "averageUtilization": .integer(Int64(utilization))],
      ],
    ]
  }

  private var disruptionBudget: ManagedObject? {
    guard let budget = parameters.merged.podDisruptionBudget else { return nil }
    var spec: [JSONMember] = []
    for (name, text) in [("minAvailable", budget.minAvailable), ("maxUnavailable", budget.maxUnavailable)] {
      guard let text else { continue }
      spec.append(JSONMember(key: name, value: Int64(text).map(JSONValue.integer) ?? .string(text)))
    }
    spec.append(JSONMember(key: "selector", value: ["matchLabels": .map(ObjectLabels.selector(for: id))]))
    return object(.podDisruptionBudget, name: names.objects, [JSONMember(key: "spec", value: .object(spec))])
  }
}

extension JSONValue {
  /// An object of strings, in the order of its keys.
  static func map(_ map: [String: String]) -> JSONValue {
    .object(map.sorted { $0.key < $1.key }.map { JSONMember(key: $0.key, value: .string($0.value)) })
  }
}
