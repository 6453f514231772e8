/// The project's own kinds, for tests that do not apply the CRDs of `crds/`; applying them replaces these.
enum PolicyKinds {
  static let group = "gateway.kgateway.dev"

  static let all: [ResourceKind] = [httpListenerPolicies, gatewayParameters]

  static let gatewayParameters = ResourceKind(
    group: group, version: "v1alpha1", kind: "GatewayParameters", plural: "gatewayparameters",
    singular: "gatewayparameters", categories: ["kgateway"], origin: .customResource, countsGenerations: true,
    schema: .root(["spec": .openObject], required: ["spec"]))

  static let httpListenerPolicies = ResourceKind(
    group: group, version: "v1alpha1", kind: "HTTPListenerPolicy", plural: "httplistenerpolicies",
    singular: "httplistenerpolicy", categories: ["kgateway"], origin: .customResource, hasStatus: true,
    countsGenerations: true,
    schema: .root(
      [
        "spec": .object([
          "targetRefs": .list(
            of: .object(
              ["group": .string, "kind": .string, "name": .string, "sectionName": .string],
              required: ["group", "kind", "name"]), most: 16)
        ]).open,
        "status": .object([
          "ancestors": .list(
            of: .object(
              ["ancestorRef": .parentReference, "conditions": .conditions(), "controllerName": .string],
              required: ["ancestorRef", "controllerName"]), most: 16)
        ]),
      ], required: ["spec"]))
}
