/// `metav1.LabelSelector`: every part must match; an empty selector matches everything.
package struct LabelSelector: Hashable, Sendable {
  package enum Operator: String, Sendable {
    case `in` = "In"
    case notIn = "NotIn"
    case exists = "Exists"
    case doesNotExist = "DoesNotExist"
  }

  package struct Requirement: Hashable, Sendable {
    package var key: String
    package var `operator`: Operator
    package var values: [String]

    package init(key: String, operator: Operator, values: [String] = []) {
      self.key = key
      self.operator = `operator`
      self.values = values
    }
  }

  package var matchLabels: [String: String]
  package var matchExpressions: [Requirement]

  package init(matchLabels: [String: String] = [:], matchExpressions: [Requirement] = []) {
    self.matchLabels = matchLabels
    self.matchExpressions = matchExpressions
  }

  /// Whether an object with these labels is selected.
  package func matches(_ labels: [String: String]) -> Bool {
    matchLabels.allSatisfy { labels[$0.key] == $0.value } && matchExpressions.allSatisfy { $0.matches(labels) }
  }
}

extension LabelSelector.Requirement {
  fileprivate func matches(_ labels: [String: String]) -> Bool {
    switch self.operator {
    case .in: labels[key].map(values.contains) ?? false
    case .notIn: labels[key].map { !values.contains($0) } ?? true
    case .exists: labels[key] != nil
    case .doesNotExist: labels[key] == nil
    }
  }
}
