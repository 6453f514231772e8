package import JSON
import Translator

/// The configuration of a second, short-lived Envoy that drains the first: a pod's `preStop`.
///
/// Envoy ends at once on SIGTERM, and only a POST to its admin interface drains it; but its image holds no shell and no
/// client, and the kubelet cannot reach a port of the loopback interface. So the client is Envoy itself: it checks the
/// health of the first one with `POST /healthcheck/fail`, whereupon that one answers every request with `connection:
/// close` (HTTP/2: GOAWAY), says that it is not ready, and goes on to serve. The second ends by another check, of itself:
/// a POST to its own `/quitquitquit` through a listener that holds requests back for the time that is asked for.
///
/// Its two sockets are in the abstract namespace, which the pod alone sees, so that it needs neither a port nor a folder.
package enum DrainBootstrap {
  /// - Parameters:
  ///   - seconds: how long it runs.
  ///   - adminPort: that of the Envoy to drain.
  package static func document(seconds: Int, adminPort: Int = PortBinding.adminPort) -> JSONValue {
    [
      "admin": ["address": socket("admin")],
      "static_resources": [
        "listeners": [
          [
            "name": "end",
            "address": socket("end"),
            "filter_chains": [
              [
                "filters": [
                  [
                    "name": "envoy.filters.network.http_connection_manager",
                    "typed_config": connectionManager(delay: seconds),
                  ]
                ]
              ]
            ],
          ]
        ],
        "clusters": [
          cluster("own-admin", socket("admin")),
          // A day stands for ever: Envoy wants an end of each.
          cluster("end", socket("end"), check: ("/quitquitquit", timeout: "86400s", interval: "0.1s")),
          cluster(
            "proxy", ["socket_address": ["address": "127.0.0.1", "port_value": .integer(Int64(adminPort))]],
            check: ("/healthcheck/fail", timeout: "1s", interval: "0.5s")),
        ],
      ],
    ]
  }

  private static func socket(_ name: String) -> JSONValue { ["pipe": ["path": .string("@kgateway-drain-\(name)")]] }

  private static func connectionManager(delay seconds: Int) -> JSONValue {
    [
      "@type": type("filters.network.http_connection_manager.v3.HttpConnectionManager"),
      "stat_prefix": "end",
      "stream_idle_timeout": "0s",
      "route_config": [
        "virtual_hosts": [
          [
            "name": "end",
            "domains": ["*"],
            "routes": [["match": ["path": "/quitquitquit"], "route": ["cluster": "own-admin"]]],
          ]
        ]
      ],
      "http_filters": [
        [
          "name": "envoy.filters.http.fault",
          "typed_config": [
            "@type": type("filters.http.fault.v3.HTTPFault"),
            "delay": ["fixed_delay": .string("\(seconds)s"), "percentage": ["numerator": 100]],
          ],
        ],
        [
          "name": "envoy.filters.http.router",
          "typed_config": ["@type": type("filters.http.router.v3.Router")],
        ],
      ],
    ]
  }

  private static func cluster(
    _ name: JSONValue, _ address: JSONValue, check: (path: JSONValue, timeout: JSONValue, interval: JSONValue)? = nil
  ) -> JSONValue {
    let assignment: JSONValue = [
      "cluster_name": name, "endpoints": [["lb_endpoints": [["endpoint": ["address": address]]]]],
    ]
    guard let check else {
      return ["name": name, "type": "STATIC", "connect_timeout": "1s", "load_assignment": assignment]
    }
    return [
      "name": name, "type": "STATIC", "connect_timeout": "1s", "load_assignment": assignment,
      "health_checks": [
        [
          "timeout": check.timeout, "interval": check.interval,
          // Without traffic Envoy would let a minute pass between two checks; there is never any here.
          "no_traffic_interval": check.interval,
          "healthy_threshold": 1, "unhealthy_threshold": 1,
          "http_health_check": ["path": check.path, "method": "POST"],
        ]
      ],
    ]
  }

  private static func type(_ name: String) -> JSONValue { .string("type.googleapis.com/envoy.extensions.\(name)") }
}
