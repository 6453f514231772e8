import EnvoyAPI

extension Envoy_Config_Route_V3_VirtualHost {
  /// Adds what takes requests of the method CONNECT, where a policy enables it as an upgrade.
  ///
  /// They have no path, and no match of paths takes them in Envoy. So a route for every path has one for them beside it,
  /// which nothing else matches.
  mutating func addConnectRoutes() {
    routes = routes.flatMap { route in
      guard route.match.prefix == "/" else { return [route] }
      var connect = route
      connect.match.connectMatcher = .init()
      return [route, connect]
    }
  }
}
