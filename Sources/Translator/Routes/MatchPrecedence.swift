import KubernetesAPI

/// The place of a match among those of one host: the least is tried first (Gateway API, HTTPRouteRule.matches). To be
/// compared within one translation, where a route has one place among all.
struct MatchPrecedence: Hashable, Comparable {
  private let isPrefix: Int
  private let pathLength: Int
  private let hasMethod: Int
  private let headers: Int
  private let queryParams: Int
  /// The place of the route among all, the oldest first.
  private var route = 0
  private let rule: Int
  private let match: Int

  /// - Parameters:
  ///   - rule: the place of the rule in the route.
  ///   - index: the place of the match in the rule.
  init(_ match: HTTPRoute.Match, rule: Int, index: Int) {
    switch match.path {
    case .exact:
      isPrefix = 0
      pathLength = 0
    case .prefix(let prefix):
      isPrefix = 1
      pathLength = prefix.utf8.count - (prefix.utf8.last == UInt8(ascii: "/") ? 1 : 0)
    }
    hasMethod = match.method == nil ? 0 : 1
    headers = match.headers.count
    queryParams = match.queryParams.count
    self.rule = rule
    self.match = index
  }

  /// The same of a route that has this place among all, the oldest first.
  func of(route rank: Int) -> MatchPrecedence {
    var copy = self
    copy.route = rank
    return copy
  }

  // Which route, rule and match it is says everything about it.
  static func == (left: Self, right: Self) -> Bool {
    left.route == right.route && left.rule == right.rule && left.match == right.match
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(route)
    hasher.combine(rule)
    hasher.combine(match)
  }

  static func < (left: Self, right: Self) -> Bool {
    if left.isPrefix != right.isPrefix { return left.isPrefix < right.isPrefix }
    if left.pathLength != right.pathLength { return left.pathLength > right.pathLength }
    if left.hasMethod != right.hasMethod { return left.hasMethod > right.hasMethod }
    if left.headers != right.headers { return left.headers > right.headers }
    if left.queryParams != right.queryParams { return left.queryParams > right.queryParams }
    return (left.route, left.rule, left.match) < (right.route, right.rule, right.match)
  }
}
