/// The kinds of the Gateway API, version v1.6, with the parts of their CRDs that change what is stored.
/// Gateway and GatewayClass are complete; of the others the kinds in use have their lists and defaults.
enum GatewayAPIKinds {
  static let group = "gateway.networking.k8s.io"

  static let all: [ResourceKind] = [
    gateways, httpRoutes, referenceGrants, route("UDPRoute"), route("GRPCRoute"), listenerSets, route("TCPRoute"),
    route("TLSRoute"), backendTLSPolicies, gatewayClasses,
  ]

  private static func kind(
    _ kind: String, _ plural: String, shortNames: [String] = [], hasStatus: Bool = true, schema: Schema,
    columns: [PrinterColumn] = [.age], rules: [ValidationRule] = []
  ) -> ResourceKind {
    ResourceKind(
      group: group, version: "v1", kind: kind, plural: plural, singular: kind.lowercased(), shortNames: shortNames,
      categories: ["gateway-api"], origin: .customResource, hasStatus: hasStatus, countsGenerations: true,
      schema: schema, columns: columns, rules: rules)
  }

  // MARK: Gateways

  static let gateways = kind(
    "Gateway", "gateways", shortNames: ["gtw"],
    schema: .root(["spec": gatewaySpec, "status": gatewayStatus], required: ["spec"]),
    columns: [
      PrinterColumn("Class", ".spec.gatewayClassName"),
      PrinterColumn("Address", ".status.addresses[*].value"),
      PrinterColumn("Programmed", ".status.conditions[?(@.type==\"Programmed\")].status"), .age,
    ],
    rules: [
      uniqueListeners("Listener name must be unique within the Gateway") { $0["name"]?.jsonText ?? "" },
      uniqueListeners("Combination of port, protocol and hostname must be unique for each listener") {
        [$0["port"], $0["protocol"], $0["hostname"]].map { $0?.jsonText ?? "" }.joined(separator: " ")
      },
    ])

  private static let gatewaySpec = Schema.object(
    [
      "addresses": .list(of: .object(["type": .string(default: "IPAddress"), "value": .string]), most: 16),
      "allowedListeners": .object([
        "namespaces": .object(
          ["from": .oneOf("All", "Selector", "Same", "None", default: "None"), "selector": .labelSelector],
          default: ["from": "None"])
      ]),
      "gatewayClassName": .string,
      "infrastructure": .object([
        "annotations": .map(), "labels": .map(),
        "parametersRef": .object(
          ["group": .string, "kind": .string, "name": .string], required: ["group", "kind", "name"]),
      ]),
      "listeners": .list(of: listener, .map(keys: ["name"]), most: 64),
      "tls": .openObject,
    ], required: ["gatewayClassName", "listeners"])

  private static let listener = Schema.object(
    [
      "allowedRoutes": .object(
        [
          "kinds": .list(of: routeGroupKind, most: 8),
          "namespaces": .object(
            ["from": .oneOf("All", "Selector", "Same", default: "Same"), "selector": .labelSelector],
            default: ["from": "Same"]),
        ], default: ["namespaces": ["from": "Same"]]),
      "hostname": .string, "name": .string, "port": .port, "protocol": .string,
      "tls": .object([
        "certificateRefs": .list(
          of: .object(
            [
              "group": .string(default: ""), "kind": .string(default: "Secret"), "name": .string, "namespace": .string,
            ], required: ["name"]), most: 64),
        "mode": .oneOf("Terminate", "Passthrough", default: "Terminate"), "options": .map(),
      ]),
    ], required: ["name", "port", "protocol"])

  private static let gatewayStatus = Schema.object(
    [
      "addresses": .list(
        of: .object(["type": .string(default: "IPAddress"), "value": .string], required: ["value"]), most: 16),
      "attachedListenerSets": .integer,
      "conditions": .conditions(default: .pending("Accepted", "Programmed")),
      "listeners": .list(
        of: .object(
          [
            "attachedRoutes": .integer, "conditions": .conditions(), "name": .string,
            "supportedKinds": .list(of: routeGroupKind, most: 8),
          ], required: ["attachedRoutes", "conditions", "name"]), .map(keys: ["name"]), most: 64),
    ], default: ["conditions": .pending("Accepted", "Programmed")])

  private static let routeGroupKind = Schema.object(
    ["group": .string(default: group), "kind": .string], required: ["kind"])

  private static func uniqueListeners(
    _ message: String, by identity: @escaping @Sendable (JSONValue) -> String
  ) -> ValidationRule {
    ValidationRule(field: "spec.listeners", message: message) { object in
      let identities = (object[["spec", "listeners"]]?.arrayValue ?? []).map(identity)
      return Set(identities).count == identities.count
    }
  }

  static let gatewayClasses: ResourceKind = {
    var gatewayClasses = kind(
      "GatewayClass", "gatewayclasses", shortNames: ["gc"],
      schema: .root(
        [
          "spec": .object(
            [
              "controllerName": .string, "description": .string,
              "parametersRef": .object(
                ["group": .string, "kind": .string, "name": .string, "namespace": .string],
                required: ["group", "kind", "name"]),
            ], required: ["controllerName"]),
          "status": .object(
            [
              "conditions": .conditions(default: .pending("Accepted")),
              "supportedFeatures": .list(of: .object(["name": .string], required: ["name"]), .map(keys: ["name"])),
            ], default: ["conditions": .pending("Accepted")]),
        ], required: ["spec"]),
      columns: [
        PrinterColumn("Controller", ".spec.controllerName"),
        PrinterColumn("Accepted", ".status.conditions[?(@.type==\"Accepted\")].status"), .age,
        PrinterColumn("Description", ".spec.description", priority: 1),
      ])
    gatewayClasses.isNamespaced = false
    return gatewayClasses
  }()

  // MARK: Routes and the rest

  static let httpRoutes = kind(
    "HTTPRoute", "httproutes",
    schema: .root(
      [
        "spec": .object([
          "hostnames": .list(of: .string, most: 16), "parentRefs": .list(of: .parentReference, most: 32),
          "rules": .list(of: httpRule, default: [["matches": [["path": rootPath]]]], most: 16),
        ]).open,
        "status": .routeStatus,
      ], required: ["spec"]),
    columns: [PrinterColumn("Hostnames", ".spec.hostnames"), .age])

  private static let rootPath: JSONValue = ["type": "PathPrefix", "value": "/"]

  private static let httpRule = Schema.object([
    "backendRefs": .list(of: .backendReference, most: 16),
    "filters": .list(of: .openObject, most: 16),
    "matches": .list(
      of: .object([
        "headers": .list(of: valueMatch, .map(keys: ["name"]), most: 16),
        "method": .oneOf("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"),
        "path": .object(
          [
            "type": .oneOf("Exact", "PathPrefix", "RegularExpression", default: "PathPrefix"),
            "value": .string(default: "/"),
          ], default: rootPath),
        "queryParams": .list(of: valueMatch, .map(keys: ["name"]), most: 16),
      ]), default: [["path": rootPath]], most: 64),
    "name": .string,
  ]).open

  private static let valueMatch = Schema.object(
    ["name": .string, "type": .oneOf("Exact", "RegularExpression", default: "Exact"), "value": .string],
    required: ["name", "value"])

  private static func route(_ name: String) -> ResourceKind {
    kind(
      name, "\(name.lowercased())s",
      schema: .root(
        ["spec": .object(["parentRefs": .list(of: .parentReference)]).open, "status": .routeStatus],
        required: ["spec"]))
  }

  static let referenceGrants = kind(
    "ReferenceGrant", "referencegrants", shortNames: ["refgrant"], hasStatus: false,
    schema: .root(
      [
        "spec": .object(
          [
            "from": .list(
              of: .object(
                ["group": .string, "kind": .string, "namespace": .string], required: ["group", "kind", "namespace"])),
            "to": .list(
              of: .object(["group": .string, "kind": .string, "name": .string], required: ["group", "kind"])),
          ], required: ["from", "to"])
      ], required: ["spec"]))

  static let listenerSets = kind(
    "ListenerSet", "listenersets", shortNames: ["lset"],
    schema: .root(["spec": .openObject, "status": .openObject], required: ["spec"]))

  static let backendTLSPolicies: ResourceKind = {
    var policies = kind(
      "BackendTLSPolicy", "backendtlspolicies", shortNames: ["btlspolicy"],
      schema: .root(["spec": .openObject, "status": .openObject], required: ["spec"]))
    policies.singular = "backendtlspolicy"
    return policies
  }()
}

extension Schema {
  static let labelSelector = Schema.object([
    "matchExpressions": .list(
      of: .object(
        ["key": .string, "operator": .string, "values": .list(of: .string)], required: ["key", "operator"])),
    "matchLabels": .map(),
  ]).atomic

  static let parentReference = Schema.object(
    [
      "group": .string(default: GatewayAPIKinds.group), "kind": .string(default: "Gateway"), "name": .string,
      "namespace": .string, "port": .port, "sectionName": .string,
    ], required: ["name"])

  static let backendReference = Schema.object(
    [
      "filters": .list(of: .openObject), "group": .string(default: ""), "kind": .string(default: "Service"),
      "name": .string, "namespace": .string, "port": .port,
      "weight": Schema(type: .integer, defaultValue: 1, minimum: 0, maximum: 1_000_000),
    ], required: ["name"])

  static let routeStatus = Schema.object(
    [
      "parents": .list(
        of: .object(
          ["conditions": .conditions(), "controllerName": .string, "parentRef": .parentReference],
          required: ["conditions", "controllerName", "parentRef"]), most: 32)
    ], required: ["parents"])

  static func conditions(default value: JSONValue? = nil) -> Schema {
    .list(
      of: .object(
        [
          "lastTransitionTime": .string, "message": .string,
          "observedGeneration": Schema(type: .integer, minimum: 0),
          "reason": .string, "status": .oneOf("True", "False", "Unknown"), "type": .string,
        ], required: ["lastTransitionTime", "message", "reason", "status", "type"]),
      .map(keys: ["type"]), default: value, most: 8)
  }
}

extension JSONValue {
  /// The conditions that the CRDs of the Gateway API put into a new object's status.
  fileprivate static func pending(_ types: String...) -> JSONValue {
    .array(
      types.map { type in
        [
          "lastTransitionTime": "1970-01-01T00:00:00Z", "message": "Waiting for controller", "reason": "Pending",
          "status": "Unknown", "type": .string(type),
        ]
      })
  }
}
