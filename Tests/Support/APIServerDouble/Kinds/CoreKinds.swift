/// The built-in kinds in use. Their schemas name what the server defaults, orders or merges by key; the rest is kept
/// as it comes.
enum CoreKinds {
  static let all: [ResourceKind] =
    [
      namespaces, services, secrets, configMaps, serviceAccounts, pods, coreEvents, events, endpointSlices, leases,
      deployments, customResourceDefinitions, tokenReviews,
    ] + ChartKinds.all

  static let namespaces = ResourceKind(
    group: "", version: "v1", kind: "Namespace", plural: "namespaces", singular: "namespace", shortNames: ["ns"],
    isNamespaced: false, hasStatus: true, allowsUnconditionalUpdate: true,
    schema: .root(["spec": .openObject, "status": .openObject]).open,
    columns: [PrinterColumn("Status", ".status.phase"), .age], selectableFields: ["status.phase"],
    prepareForCreate: { object in
      object["spec"] = ["finalizers": ["kubernetes"]]
      object["status"] = ["phase": "Active"]
      object[["metadata", "labels", "kubernetes.io/metadata.name"]] = object[["metadata", "name"]]
    })

  static let services = ResourceKind(
    group: "", version: "v1", kind: "Service", plural: "services", singular: "service", shortNames: ["svc"],
    categories: ["all"], hasStatus: true, allowsUnconditionalUpdate: true,
    schema: .root([
      "spec": .object([
        "ports": .list(
          of: .object([
            "name": .string, "protocol": .string(default: "TCP"), "appProtocol": .string, "port": .port,
            "targetPort": .integerOrString, "nodePort": .integer,
          ]).open, .map(keys: ["port", "protocol"])),
        "selector": .map().atomic,
        "type": .string(default: "ClusterIP"),
        "sessionAffinity": .string(default: "None"),
      ]).open,
      "status": .openObject,
    ]).open,
    columns: [
      PrinterColumn("Type", ".spec.type"), PrinterColumn("Cluster-IP", ".spec.clusterIP"), .age,
    ],
    prepareForCreate: { object in
      object["status"] = ["loadBalancer": [:]]
      let ports = object[["spec", "ports"]]?.arrayValue ?? []
      object[["spec", "ports"]] = ports.isEmpty ? nil : .array(ports.map(withTargetPort))
    })

  static let secrets = ResourceKind(
    group: "", version: "v1", kind: "Secret", plural: "secrets", singular: "secret", allowsUnconditionalUpdate: true,
    schema: .root(["data": .map(), "stringData": .map(), "type": .string(default: "Opaque")]).open,
    columns: [PrinterColumn("Type", ".type"), .age], selectableFields: ["type"])

  static let configMaps = ResourceKind(
    group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", singular: "configmap", shortNames: ["cm"],
    allowsUnconditionalUpdate: true,
    schema: .root(["data": .map(), "binaryData": .map(), "immutable": .boolean]).open)

  static let serviceAccounts = ResourceKind(
    group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts", singular: "serviceaccount",
    shortNames: ["sa"], allowsUnconditionalUpdate: true, schema: .root([:]).open)

  static let pods = ResourceKind(
    group: "", version: "v1", kind: "Pod", plural: "pods", singular: "pod", shortNames: ["po"], categories: ["all"],
    hasStatus: true, allowsUnconditionalUpdate: true,
    schema: .root(["spec": podSpec, "status": .openObject]).open,
    columns: [PrinterColumn("Status", ".status.phase"), .age], selectableFields: ["spec.nodeName", "status.phase"],
    prepareForCreate: { $0["status"] = ["phase": "Pending"] })

  static let endpointSlices = ResourceKind(
    group: "discovery.k8s.io", version: "v1", kind: "EndpointSlice", plural: "endpointslices",
    singular: "endpointslice", countsGenerations: true, allowsUnconditionalUpdate: true,
    schema: .root([
      "addressType": .string, "endpoints": .list(of: .openObject), "ports": .list(of: .openObject),
    ]).open,
    columns: [PrinterColumn("AddressType", ".addressType"), .age])

  static let leases = ResourceKind(
    group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases", singular: "lease",
    schema: .root([
      "spec": .object([
        "holderIdentity": .string, "leaseDurationSeconds": .integer, "acquireTime": .string, "renewTime": .string,
        "leaseTransitions": .integer, "strategy": .string, "preferredHolder": .string,
      ])
    ]).open,
    columns: [PrinterColumn("Holder", ".spec.holderIdentity"), .age])

  static let deployments = ResourceKind(
    group: "apps", version: "v1", kind: "Deployment", plural: "deployments", singular: "deployment",
    shortNames: ["deploy"], categories: ["all"], hasStatus: true, countsGenerations: true,
    allowsUnconditionalUpdate: true,
    schema: .root([
      "spec": .object([
        "replicas": Schema(type: .integer, defaultValue: 1),
        "selector": .openObject.atomic,
        "template": .object(["metadata": .objectMeta, "spec": podSpec]).open,
      ]).open,
      "status": .openObject,
    ]).open,
    columns: [
      PrinterColumn("Ready", ".status.readyReplicas", type: "integer"),
      PrinterColumn("Up-to-date", ".status.updatedReplicas", type: "integer"),
      PrinterColumn("Available", ".status.availableReplicas", type: "integer"), .age,
    ])

  static let customResourceDefinitions = ResourceKind(
    group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions", singular: "customresourcedefinition", shortNames: ["crd", "crds"],
    categories: ["api-extensions"], isNamespaced: false, hasStatus: true, countsGenerations: true,
    schema: .root(["spec": .openObject, "status": .openObject]).open,
    columns: [PrinterColumn("Created At", ".metadata.creationTimestamp", type: "date")],
    prepareForCreate: CustomKinds.establish)

  static let tokenReviews = ResourceKind(
    group: "authentication.k8s.io", version: "v1", kind: "TokenReview", plural: "tokenreviews",
    singular: "tokenreview", isNamespaced: false, isStored: false, schema: .root([:]).open)

  private static let podSpec = Schema.object([
    "containers": .list(
      of: .object([
        "env": .list(of: .openObject, .map(keys: ["name"])),
        "ports": .list(
          of: .object(["protocol": .string(default: "TCP")]).open, .map(keys: ["containerPort", "protocol"])),
        "volumeMounts": .list(of: .openObject, .map(keys: ["mountPath"])),
      ]).open, .map(keys: ["name"])),
    "volumes": .list(of: .openObject, .map(keys: ["name"])),
  ]).open

  @Sendable private static func withTargetPort(_ port: JSONValue) -> JSONValue {
    var port = port
    if port["targetPort"] == nil { port["targetPort"] = port["port"] }
    return port
  }
}
