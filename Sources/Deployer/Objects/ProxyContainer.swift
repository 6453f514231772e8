import JSON
import KubernetesAPI
import Translator

extension ProxyObjects {
  /// The one container of a proxy's pod. Envoy is found by the image's `PATH`: images keep it in different places.
  var container: JSONValue {
    var members: [JSONMember] = [
      JSONMember(key: "name", value: "envoy"),
      JSONMember(key: "image", value: .string(parameters.image(standard: settings.proxyImage))),
    ]
    if let policy = parameters.merged.image.pullPolicy {
      members.append(JSONMember(key: "imagePullPolicy", value: .string(policy)))
    }
    members += [
      JSONMember(key: "command", value: ["envoy"]),
      JSONMember(key: "args", value: .array(arguments.map(JSONValue.string))),
      // No other port is declared: collectors scrape each that is.
      JSONMember(
        key: "ports",
        value: [
          ["name": "metrics", "containerPort": .integer(Int64(PortBinding.metricsPort)), "protocol": "TCP"]
        ]),
      JSONMember(key: "env", value: .array(environment)),
      JSONMember(key: "resources", value: resources),
      JSONMember(
        key: "readinessProbe",
        value: [
          "httpGet": ["path": "/ready", "port": .integer(Int64(PortBinding.readinessPort))],
          "periodSeconds": 5, "timeoutSeconds": 2, "failureThreshold": 2,
        ]),
    ]
    if parameters.drainSeconds > 0 {
      members.append(
        JSONMember(
          key: "lifecycle",
          value: ["preStop": ["exec": ["command": .array(Self.drainCommand.map(JSONValue.string))]]]))
    }
    members += [
      JSONMember(
        key: "securityContext",
        value: [
          "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": ["drop": ["ALL"]],
        ]),
      JSONMember(key: "volumeMounts", value: .array(mounts)),
    ]
    return .object(members)
  }

  private var arguments: [String] {
    [
      "-c", "\(ConfigurationFiles.folder)/\(ConfigurationFiles.bootstrap)",
      // Kubernetes puts in the variables.
      "--service-node", "$(POD_NAME).$(POD_NAMESPACE)",
      "--service-cluster", id.description,
      "--config-yaml", #"{"node":{"metadata":{"pod_ip":"$(POD_IP)","node_name":"$(NODE_NAME)"}}}"#,
      // Two Envoys of one machine would meet in shared memory otherwise; a pod has nothing to restart hot.
      "--disable-hot-restart",
      "--log-level", parameters.merged.logLevel ?? "warning",
      // Else Envoy has a worker for each processor of the machine, however large that is.
      "--concurrency", String(parameters.workers),
    ]
  }

  private static let drainCommand = [
    "envoy", "-c", "\(ConfigurationFiles.folder)/\(ConfigurationFiles.drain)", "--disable-hot-restart",
    "--concurrency", "1", "--log-level", "error",
  ]

  private var environment: [JSONValue] {
    let fields = [
      ("POD_NAME", "metadata.name"), ("POD_NAMESPACE", "metadata.namespace"), ("POD_IP", "status.podIP"),
      ("NODE_NAME", "spec.nodeName"),
    ]
    let own: [JSONValue] = fields.map { name, path in
      ["name": .string(name), "valueFrom": ["fieldRef": ["fieldPath": .string(path)]]]
    }
    return own + [["name": "GATEWAY_NAME", "value": .string(id.name)]] + parameters.merged.env.map(Self.variable)
  }

  private static func variable(_ variable: GatewayParameters.EnvironmentVariable) -> JSONValue {
    var members = [JSONMember(key: "name", value: .string(variable.name))]
    if let value = variable.value { members.append(JSONMember(key: "value", value: .string(value))) }
    if let source = variable.valueFrom { members.append(JSONMember(key: "valueFrom", value: source)) }
    return .object(members)
  }

  private var resources: JSONValue {
    var members: [JSONMember] = []
    for (name, quantities) in [("requests", parameters.requests), ("limits", parameters.limits)]
    where !quantities.isEmpty {
      members.append(JSONMember(key: name, value: .map(quantities.mapValues(\.canonical))))
    }
    return .object(members)
  }

  private var mounts: [JSONValue] {
    var mounts: [JSONValue] = [
      ["name": "config", "mountPath": .string(ConfigurationFiles.folder), "readOnly": true]
    ]
    if settings.sendsToken {
      mounts.append(["name": "token", "mountPath": .string(ConfigurationFiles.tokenFolder), "readOnly": true])
    }
    return mounts
  }
}
