/// The built-in kinds in use. Their schemas name what the server defaults, orders or merges by key; the rest is kept
/// as it comes.
enum CoreKinds {
  static let all: [ResourceKind] =
    [
      namespaces, services, secrets, configMaps, serviceAccounts, pods, coreEvents, events, endpointSlices, leases,
      deployments, horizontalPodAutoscalers, podDisruptionBudgets, customResourceDefinitions, tokenReviews,
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
        "internalTrafficPolicy": .string(default: "Cluster"),
        "externalIPs": .list(of: .string), "clusterIPs": .list(of: .string), "ipFamilies": .list(of: .string),
      ]).open,
      "status": .openObject,
    ]).open,
    columns: [
      PrinterColumn("Type", ".spec.type"), PrinterColumn("Cluster-IP", ".spec.clusterIP"), .age,
    ],
    prepareForCreate: { object in
      object["status"] = ["loadBalancer": [:]]
    }, complete: completeService)

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
    prepareForCreate: { $0["status"] = ["phase": "Pending"] },
    complete: { object in
      guard var pod = object["spec"] else { return }
      completePod(&pod)
      object["spec"] = pod
    })

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

  /// What the server assigns: cluster IPs, node ports, and what depends on the type.
  @Sendable private static func completeService(_ object: inout JSONValue) {
    let type = object[["spec", "type"]]?.stringValue ?? ""
    // From the identity, so that one Service keeps its numbers.
    let number = object.uid.utf8.reduce(UInt32(7)) { $0 &* 31 &+ UInt32($1) }
    let hasNodePorts = ["NodePort", "LoadBalancer"].contains(type)
    let ports = object[["spec", "ports"]]?.arrayValue ?? []
    object[["spec", "ports"]] =
      ports.isEmpty
      ? nil
      : .array(
        ports.enumerated().map { index, port in
          var port = port
          if port["targetPort"] == nil { port["targetPort"] = port["port"] }
          if hasNodePorts {
            if port["nodePort"] == nil { port["nodePort"] = .integer(30_000 + Int64(number % 2_000) + Int64(index)) }
          } else {
            port["nodePort"] = nil
          }
          return port
        })
    guard type != "ExternalName" else { return }
    if object[["spec", "clusterIP"]] == nil {
      object[["spec", "clusterIP"]] = .string(
        "10.\(96 + (number >> 16) % 16).\((number >> 8) % 256).\(1 + number % 254)")
    }
    if object[["spec", "clusterIPs"]] == nil, let address = object[["spec", "clusterIP"]] {
      object[["spec", "clusterIPs"]] = [address]
    }
    if object[["spec", "ipFamilies"]] == nil { object[["spec", "ipFamilies"]] = ["IPv4"] }
    if object[["spec", "ipFamilyPolicy"]] == nil { object[["spec", "ipFamilyPolicy"]] = "SingleStack" }
    object[["spec", "externalTrafficPolicy"]] =
      hasNodePorts ? object[["spec", "externalTrafficPolicy"]] ?? "Cluster" : nil
    object[["spec", "allocateLoadBalancerNodePorts"]] =
      type == "LoadBalancer" ? object[["spec", "allocateLoadBalancerNodePorts"]] ?? true : nil
  }
}
