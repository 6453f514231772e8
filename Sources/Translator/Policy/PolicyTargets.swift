package import KubernetesAPI

/// Which listeners of a Gateway a policy is for.
struct PolicyTargets {
  /// Whether the policy names or selects the Gateway as a whole.
  let isWhole: Bool
  /// The listeners that it names, in its order, none twice.
  let sections: [String]
  /// The positions in `spec.targetRefs` of those that the Gateway does not have.
  let unknownSections: [(index: Int, name: String)]

  /// - Returns: nil for a policy that has nothing to do with the Gateway.
  init?(of policy: HTTPListenerPolicy, on gateway: Gateway) {
    guard policy.metadata.namespace == gateway.metadata.namespace else { return nil }
    var isWhole = policy.targetSelectors.contains { $0.selects(gateway) }
    var sections: [String] = []
    var unknown: [(index: Int, name: String)] = []
    for (index, target) in policy.targetRefs.enumerated() where target.names(gateway) {
      guard let section = target.sectionName else {
        isWhole = true
        continue
      }
      if !gateway.listeners.contains(where: { $0.name == section }) {
        unknown.append((index, section))
      } else if !sections.contains(section) {
        sections.append(section)
      }
    }
    guard isWhole || !sections.isEmpty || !unknown.isEmpty else { return nil }
    self.isWhole = isWhole
    self.sections = sections
    unknownSections = unknown
  }

  /// The listeners of one port that are meant; empty for none.
  func listeners(among names: [String]) -> [String] {
    isWhole ? names : names.filter(sections.contains)
  }

  /// Whether one of the listeners is named, which counts for more than naming the Gateway.
  func names(anyOf listeners: [String]) -> Bool {
    listeners.contains(where: sections.contains)
  }
}

extension HTTPListenerPolicy.TargetReference {
  fileprivate func names(_ gateway: Gateway) -> Bool {
    group == "gateway.networking.k8s.io" && kind == "Gateway" && name == gateway.metadata.name
  }
}

extension HTTPListenerPolicy.TargetSelector {
  /// Whether a Gateway of the policy's namespace is selected. A selector without labels selects nothing, since nobody
  /// means every Gateway by leaving something out.
  package func selects(_ gateway: Gateway) -> Bool {
    group == "gateway.networking.k8s.io" && kind == "Gateway" && !matchLabels.isEmpty
      && matchLabels.allSatisfy { gateway.metadata.labels[$0.key] == $0.value }
  }
}
