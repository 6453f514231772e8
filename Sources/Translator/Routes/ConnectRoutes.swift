import EnvoyAPI

extension Envoy_Config_Route_V3_Route {
  /// What takes requests of the method CONNECT, where a policy enables it as an upgrade; nil for a route of some paths.
  ///
  /// They have no path, and no match of paths takes them in Envoy. So a route for every path has one for them beside it,
  /// which nothing else matches.
  var takingConnect: Self? {
    guard match.prefix == "/" else { return nil }
    var connect = self
    connect.match.connectMatcher = .init()
    return connect
  }
}
