import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf

/// One match of a route as Envoy's route, with its place in the order.
final class RouteEntry: Sendable {
  let precedence: MatchPrecedence
  /// The place among the entries of the same route.
  let index: Int
  /// An encoded `envoy.config.route.v3.Route`: made once, and copied into every virtual host that has it.
  let route: [UInt8]
  /// The same for requests of the method CONNECT, which have no path; nil where it does not match every path.
  let connect: [UInt8]?

  init(precedence: MatchPrecedence, index: Int, route: [UInt8], connect: [UInt8]?) {
    self.precedence = precedence
    self.index = index
    self.route = route
    self.connect = connect
  }
}

/// A route as Envoy's routes.
struct CompiledRoute: Sendable {
  /// Rule by rule and match by match.
  let entries: [RouteEntry]
  /// The backends that get requests, each with the name of its cluster.
  let clusters: [(name: String, backend: Backend)]
  /// Of the clusters.
  let variant: String?

  static let none = CompiledRoute(entries: [], clusters: [], variant: nil)
}

/// Makes Envoy's routes from HTTPRoutes, for the listeners on one port.
struct RouteCompiler {
  /// The variant of the clusters that the port's policies ask for.
  let clusterVariant: String?

  /// - Parameter backends: by rule and backend reference.
  func compile(_ route: HTTPRoute, _ backends: [[Result<Backend, BackendFault>]]) -> CompiledRoute {
    var entries: [RouteEntry] = []
    var clusters: [(name: String, backend: Backend)] = []
    for (ruleIndex, rule) in route.rules.enumerated() {
      let action = action(rule, backends[ruleIndex])
      let matches = rule.matches.isEmpty ? [HTTPRoute.Match()] : rule.matches
      for match in matches {
        let message = Envoy_Config_Route_V3_Route.with {
          $0.name = "\(route.metadata.id)/\(ruleIndex)"
          $0.match = routeMatch(match)
          $0.action = action
        }
        entries.append(
          RouteEntry(
            precedence: MatchPrecedence(match), index: entries.count, route: message.encoded,
            connect: message.takingConnect?.encoded))
      }
      for (reference, backend) in zip(rule.backendRefs, backends[ruleIndex]) where reference.weight > 0 {
        guard case .success(let backend) = backend, !clusters.contains(where: { $0.backend == backend }) else {
          continue
        }
        clusters.append((ResourceName.cluster(backend.endpoints, variant: clusterVariant), backend))
      }
    }
    return CompiledRoute(entries: entries, clusters: clusters, variant: clusterVariant)
  }

  private func routeMatch(_ match: HTTPRoute.Match) -> Envoy_Config_Route_V3_RouteMatch {
    .with {
      $0.pathSpecifier = pathSpecifier(match.path)
      if let method = match.method { $0.headers.append(headerMatcher(name: ":method", value: method)) }
      // Of several with an equivalent name only the first counts (Gateway API, HTTPHeaderMatch.name).
      var names: Set<String> = []
      for header in match.headers {
        let name = header.name.lowercased()
        if names.insert(name).inserted { $0.headers.append(headerMatcher(name: name, value: header.value)) }
      }
      names = []
      for parameter in match.queryParams where names.insert(parameter.name).inserted {
        $0.queryParameters.append(
          .with {
            $0.name = parameter.name
            $0.stringMatch.exact = parameter.value
          })
      }
    }
  }

  /// Envoy's separated prefix matches whole path elements, as the Gateway API wants, but takes no slash at the end.
  private func pathSpecifier(_ path: HTTPRoute.PathMatch) -> Envoy_Config_Route_V3_RouteMatch.OneOf_PathSpecifier {
    switch path {
    case .exact(let value): return .path(value)
    case .prefix(let value):
      let prefix = value.utf8.last == UInt8(ascii: "/") ? String(value.dropLast()) : value
      return prefix.isEmpty ? .prefix("/") : .pathSeparatedPrefix(prefix)
    }
  }

  private func headerMatcher(name: String, value: String) -> Envoy_Config_Route_V3_HeaderMatcher {
    .with {
      $0.name = name
      $0.stringMatch.exact = value
    }
  }

  /// Requests go to the backends by weight. The share of those that do not resolve is answered with 500, and so are all
  /// requests where there is no other (Gateway API, HTTPRouteRule.backendRefs).
  private func action(
    _ rule: HTTPRoute.Rule, _ backends: [Result<Backend, BackendFault>]
  ) -> Envoy_Config_Route_V3_Route.OneOf_Action {
    var shares: [(cluster: String, weight: Int)] = []
    var unresolved = 0
    for (reference, backend) in zip(rule.backendRefs, backends) where reference.weight > 0 {
      switch backend {
      case .success(let backend):
        shares.append((ResourceName.cluster(backend.endpoints, variant: clusterVariant), reference.weight))
      case .failure:
        unresolved += reference.weight
      }
    }
    guard let first = shares.first else { return .directResponse(.with { $0.status = 500 }) }
    if unresolved > 0 { shares.append((ResourceName.unresolvedCluster, unresolved)) }
    return .route(
      .with {
        $0.clusterSpecifier =
          shares.count == 1 ? .cluster(first.cluster) : .weightedClusters(weightedClusters(shares))
        if unresolved > 0 { $0.clusterNotFoundResponseCode = .internalServerError }
        // Envoy would give up after 15 s, in the middle of a long answer. A stream on which nothing moves is still
        // ended by the listener's idle timeout.
        $0.timeout = Google_Protobuf_Duration()
      })
  }

  private func weightedClusters(
    _ shares: [(cluster: String, weight: Int)]
  ) -> Envoy_Config_Route_V3_WeightedCluster {
    .with {
      $0.clusters = shares.map { share in
        .with {
          $0.name = share.cluster
          $0.weight = Google_Protobuf_UInt32Value(UInt32(clamping: share.weight))
        }
      }
    }
  }
}
