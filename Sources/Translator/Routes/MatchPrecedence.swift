import KubernetesAPI

/// The place of a match among those of one host, as far as the match itself decides it: the least is tried first
/// (Gateway API, HTTPRouteRule.matches). Among equal ones the older route goes first, and in a route the first.
struct MatchPrecedence: Comparable {
  private let isPrefix: Int
  private let pathLength: Int
  private let hasMethod: Int
  private let headers: Int
  private let queryParams: Int

  init(_ match: HTTPRoute.Match) {
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
  }

  static func < (left: Self, right: Self) -> Bool {
    if left.isPrefix != right.isPrefix { return left.isPrefix < right.isPrefix }
    if left.pathLength != right.pathLength { return left.pathLength > right.pathLength }
    if left.hasMethod != right.hasMethod { return left.hasMethod > right.hasMethod }
    if left.headers != right.headers { return left.headers > right.headers }
    return left.queryParams > right.queryParams
  }
}
