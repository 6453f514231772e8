import JSON
import KubernetesAPI
import Translator

extension ProxyObjects {
  func deployment(_ files: ConfigurationFiles) -> ManagedObject {
    var spec: [JSONMember] = []
    // With an autoscaler the number is its own.
    if parameters.merged.autoscaling == nil {
      spec.append(JSONMember(key: "replicas", value: .integer(Int64(parameters.merged.replicas ?? 1))))
    }
    let selector = ObjectLabels.selector(for: id)
    spec += [
      JSONMember(key: "selector", value: ["matchLabels": .map(selector)]),
      // A new proxy is ready before an old one goes.
      JSONMember(
        key: "strategy",
        value: ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 0, "maxSurge": 1]]),
      JSONMember(key: "template", value: template(files)),
    ]
    return object(.deployment, name: names.objects, [JSONMember(key: "spec", value: .object(spec))])
  }

  private func template(_ files: ConfigurationFiles) -> JSONValue {
    let pod = parameters.merged.pod
    let labels = gateway.infrastructure.labels.overlaid(with: pod.labels)
      .overlaid(with: ObjectLabels.selector(for: id))
      .overlaid(with: [ObjectLabels.gateway: ObjectLabels.value(for: id.name)])
    let annotations = gateway.infrastructure.annotations.overlaid(with: pod.annotations)
      .overlaid(with: [ObjectLabels.bootstrapHash: files.fingerprint])
    return [
      "metadata": ["labels": .map(labels), "annotations": .map(annotations)],
      "spec": .object(podSpec),
    ]
  }

  private var podSpec: [JSONMember] {
    let pod = parameters.merged.pod
    var spec: [JSONMember] = [
      JSONMember(key: "serviceAccountName", value: .string(names.serviceAccount)),
      JSONMember(key: "automountServiceAccountToken", value: false),
      // Else every Service of the namespace is in the proxy's environment.
      JSONMember(key: "enableServiceLinks", value: false),
      JSONMember(key: "terminationGracePeriodSeconds", value: .integer(Int64(parameters.gracePeriod))),
      JSONMember(
        key: "securityContext",
        value: [
          // The user "nonroot" of Envoy's distroless image.
          "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532,
          "seccompProfile": ["type": "RuntimeDefault"],
        ]),
    ]
    let secrets = parameters.merged.image.pullSecrets
    if !secrets.isEmpty {
      spec.append(JSONMember(key: "imagePullSecrets", value: .array(secrets.map { ["name": .string($0)] })))
    }
    if let name = pod.priorityClassName {
      spec.append(JSONMember(key: "priorityClassName", value: .string(name)))
    }
    if !pod.nodeSelector.isEmpty { spec.append(JSONMember(key: "nodeSelector", value: .map(pod.nodeSelector))) }
    if let affinity = pod.affinity { spec.append(JSONMember(key: "affinity", value: affinity)) }
    if !pod.tolerations.isEmpty { spec.append(JSONMember(key: "tolerations", value: .array(pod.tolerations))) }
    if !pod.topologySpreadConstraints.isEmpty {
      spec.append(
        JSONMember(
          key: "topologySpreadConstraints", value: .array(pod.topologySpreadConstraints.map(selectingProxies))))
    }
    spec += [
      JSONMember(key: "containers", value: [container]),
      JSONMember(key: "volumes", value: .array(volumes)),
    ]
    return spec
  }

  /// A constraint without a selector would spread nothing: it gets the one that means this Gateway's proxies.
  private func selectingProxies(_ constraint: JSONValue) -> JSONValue {
    guard case .object(let members) = constraint, constraint["labelSelector"] == nil else { return constraint }
    let selector: JSONValue = ["matchLabels": .map(ObjectLabels.selector(for: id))]
    return .object(members + [JSONMember(key: "labelSelector", value: selector)])
  }

  /// For how long a token is asked for; the API server may give it for less. The kubelet asks for another when four fifths
  /// of a token's life are over, or when it is a day old (`ServiceAccountTokenProjection` in the API reference), which it
  /// cannot while the API server is away. So whenever that happens, a proxy's token is good for a day more, which is as
  /// long as the control plane takes a token that it cannot ask about.
  ///
  /// That it lives so long costs little: it is good for no other audience, it ends with its pod, and all that it opens is
  /// the configuration of the pod's Gateway.
  private static let tokenSeconds: Int64 = 2 * 24 * 3600

  private var volumes: [JSONValue] {
    var volumes: [JSONValue] = [["name": "config", "configMap": ["name": .string(names.objects)]]]
    if settings.sendsToken {
      volumes.append([
        "name": "token",
        "projected": [
          "sources": [
            [
              "serviceAccountToken": [
                "audience": "kgateway", "expirationSeconds": .integer(Self.tokenSeconds),
                "path": .string(ConfigurationFiles.tokenFile),
              ]
            ]
          ]
        ],
      ])
    }
    return volumes
  }
}
