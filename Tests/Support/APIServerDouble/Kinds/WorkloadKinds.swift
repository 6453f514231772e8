/// The kinds that pods come from, with what a real server fills in where a field is left out (its `SetDefaults`
/// functions of `apps/v1`, `autoscaling/v2` and `core/v1`).
extension CoreKinds {
  static let deployments = ResourceKind(
    group: "apps", version: "v1", kind: "Deployment", plural: "deployments", singular: "deployment",
    shortNames: ["deploy"], categories: ["all"], hasStatus: true, countsGenerations: true,
    allowsUnconditionalUpdate: true,
    schema: .root([
      "spec": .object([
        "replicas": Schema(type: .integer, defaultValue: 1),
        "selector": .openObject.atomic,
        "template": .object(["metadata": .objectMeta, "spec": podSpec]).open,
        "strategy": .object(["type": .string(default: "RollingUpdate")], default: ["type": "RollingUpdate"]).open,
        "revisionHistoryLimit": Schema(type: .integer, defaultValue: 10),
        "progressDeadlineSeconds": Schema(type: .integer, defaultValue: 600),
      ]).open,
      "status": .openObject,
    ]).open,
    columns: [
      PrinterColumn("Ready", ".status.readyReplicas", type: "integer"),
      PrinterColumn("Up-to-date", ".status.updatedReplicas", type: "integer"),
      PrinterColumn("Available", ".status.availableReplicas", type: "integer"), .age,
    ],
    complete: { object in
      if object[["spec", "strategy", "type"]] == "RollingUpdate" {
        for field in ["maxUnavailable", "maxSurge"] where object[["spec", "strategy", "rollingUpdate", field]] == nil {
          object[["spec", "strategy", "rollingUpdate", field]] = "25%"
        }
      }
      guard var pod = object[["spec", "template", "spec"]] else { return }
      completePod(&pod)
      object[["spec", "template", "spec"]] = pod
    })

  static let horizontalPodAutoscalers = ResourceKind(
    group: "autoscaling", version: "v2", kind: "HorizontalPodAutoscaler", plural: "horizontalpodautoscalers",
    singular: "horizontalpodautoscaler", shortNames: ["hpa"], categories: ["all"], hasStatus: true,
    allowsUnconditionalUpdate: true,
    schema: .root([
      "spec": .object([
        "scaleTargetRef": .openObject, "minReplicas": Schema(type: .integer, defaultValue: 1),
        "maxReplicas": .integer, "metrics": .list(of: .openObject), "behavior": .openObject,
      ]).open,
      "status": .openObject,
    ]).open,
    columns: [
      PrinterColumn("MinPods", ".spec.minReplicas", type: "integer"),
      PrinterColumn("MaxPods", ".spec.maxReplicas", type: "integer"), .age,
    ],
    prepareForCreate: { object in
      object["status"] = ["desiredReplicas": 0, "currentMetrics": .null]
    },
    complete: { object in
      guard (object[["spec", "metrics"]]?.arrayValue ?? []).isEmpty else { return }
      object[["spec", "metrics"]] = [
        [
          "type": "Resource",
          "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
        ]
      ]
    })

  static let podDisruptionBudgets = ResourceKind(
    group: "policy", version: "v1", kind: "PodDisruptionBudget", plural: "poddisruptionbudgets",
    singular: "poddisruptionbudget", shortNames: ["pdb"], hasStatus: true, countsGenerations: true,
    allowsUnconditionalUpdate: true,
    schema: .root([
      "spec": .object([
        "minAvailable": .integerOrString, "selector": .openObject.atomic, "maxUnavailable": .integerOrString,
      ]).open,
      "status": .openObject,
    ]).open,
    columns: [
      PrinterColumn("Min Available", ".spec.minAvailable"), PrinterColumn("Max Unavailable", ".spec.maxUnavailable"),
      .age,
    ],
    prepareForCreate: { object in
      object["status"] = [
        "disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0,
      ]
    })

  // MARK: Pods

  static let podSpec = Schema.object([
    "volumes": .list(of: .openObject, .map(keys: ["name"])),
    "initContainers": .list(of: container, .map(keys: ["name"])),
    "containers": .list(of: container, .map(keys: ["name"])),
    "restartPolicy": .string(default: "Always"),
    "terminationGracePeriodSeconds": Schema(type: .integer, defaultValue: 30),
    "dnsPolicy": .string(default: "ClusterFirst"),
    "nodeSelector": .map().atomic,
    "securityContext": .object([:], default: [:]).open,
    "imagePullSecrets": .list(of: .openObject, .map(keys: ["name"])),
    "schedulerName": .string(default: "default-scheduler"),
    "topologySpreadConstraints": .list(of: .openObject, .map(keys: ["topologyKey", "whenUnsatisfiable"])),
  ]).open

  private static let container = Schema.object([
    "name": .string, "image": .string,
    "ports": .list(
      of: .object(["containerPort": .integer, "protocol": .string(default: "TCP")]).open,
      .map(keys: ["containerPort", "protocol"])),
    "env": .list(of: .openObject, .map(keys: ["name"])),
    "resources": .object([:], default: [:]).open,
    "volumeMounts": .list(of: .openObject, .map(keys: ["mountPath"])),
    "livenessProbe": probe, "readinessProbe": probe, "startupProbe": probe,
    "terminationMessagePath": .string(default: "/dev/termination-log"),
    "terminationMessagePolicy": .string(default: "File"),
  ]).open

  private static let probe = Schema.object([
    "timeoutSeconds": Schema(type: .integer, defaultValue: 1),
    "periodSeconds": Schema(type: .integer, defaultValue: 10),
    "successThreshold": Schema(type: .integer, defaultValue: 1),
    "failureThreshold": Schema(type: .integer, defaultValue: 3),
  ]).open

  /// What depends on other fields.
  @Sendable static func completePod(_ pod: inout JSONValue) {
    pod["serviceAccount"] = pod["serviceAccountName"]
    for list in ["initContainers", "containers"] {
      guard let containers = pod[list]?.arrayValue else { continue }
      pod[list] = .array(containers.map(completed))
    }
    guard let volumes = pod["volumes"]?.arrayValue else { return }
    pod["volumes"] = .array(
      volumes.map { volume in
        var volume = volume
        for source in ["configMap", "secret", "projected", "downwardAPI"] {
          guard volume[source] != nil, volume[[source, "defaultMode"]] == nil else { continue }
          volume[[source, "defaultMode"]] = 420
        }
        if let sources = volume[["projected", "sources"]]?.arrayValue {
          volume[["projected", "sources"]] = .array(sources.map(completedSource))
        }
        return volume
      })
  }

  private static func completedSource(_ source: JSONValue) -> JSONValue {
    var source = source
    if source["serviceAccountToken"] != nil, source[["serviceAccountToken", "expirationSeconds"]] == nil {
      source[["serviceAccountToken", "expirationSeconds"]] = 3600
    }
    return source
  }

  private static func completed(_ container: JSONValue) -> JSONValue {
    var container = container
    if container["imagePullPolicy"] == nil {
      let image = container["image"]?.stringValue ?? ""
      let name = image.split(separator: "/").last ?? ""
      let isNewest = !name.contains(":") || name.hasSuffix(":latest")
      container["imagePullPolicy"] = isNewest ? "Always" : "IfNotPresent"
    }
    for path in [["lifecycle", "preStop"], ["readinessProbe"], ["livenessProbe"], ["startupProbe"]]
    where container[path + ["httpGet"]] != nil && container[path + ["httpGet", "scheme"]] == nil {
      container[path + ["httpGet", "scheme"]] = "HTTP"
    }
    if let variables = container["env"]?.arrayValue {
      container["env"] = .array(
        variables.map { variable in
          var variable = variable
          if variable[["valueFrom", "fieldRef"]] != nil, variable[["valueFrom", "fieldRef", "apiVersion"]] == nil {
            variable[["valueFrom", "fieldRef", "apiVersion"]] = "v1"
          }
          return variable
        })
    }
    for kind in ["requests", "limits"] {
      guard let quantities = container[["resources", kind]]?.objectValue else { continue }
      for (name, quantity) in quantities { container[["resources", kind, name]] = canonical(quantity) }
    }
    return container
  }

  /// A quantity as the server writes it: with the largest unit in which it is a whole number.
  private static func canonical(_ quantity: JSONValue) -> JSONValue {
    guard let text = quantity.stringValue else { return quantity }
    for (unit, factor, next) in [("m", 1000, ""), ("Ki", 1024, "Mi"), ("Mi", 1024, "Gi"), ("Gi", 1024, "Ti")] {
      guard text.hasSuffix(unit), let number = Int(text.dropLast(unit.count)), number > 0, number % factor == 0 else {
        continue
      }
      return canonical(.string("\(number / factor)\(next)"))
    }
    return quantity
  }
}
