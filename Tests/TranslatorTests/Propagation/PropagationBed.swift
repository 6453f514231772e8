import EnvoyAPI
import JSON
import KubernetesAPI
import OTLPSink
import RealComponents
import SwiftProtobuf

@testable import Translator

/// A real Envoy with one listener for each of several tracing policies, whose upstream answers with the headers that it
/// was sent, and a collector of its spans. All are one process, so that a matrix takes seconds.
struct PropagationBed {
  /// A policy's settings, and the listener that has them.
  struct Setup: Hashable, CustomStringConvertible {
    var propagators: [Propagator]
    var samplingRate = 100.0
    var trustsCaller = true
    /// In place of the sampling rate.
    var percentages: Percentages?
    /// The sampler that passes over the caller's decision, beside percentages.
    var isAlwaysOn = false
    var spawnsUpstreamSpans = false

    var description: String {
      "\(propagators.map(\.rawValue)) at " + (percentages.map { "\($0)" } ?? "\(samplingRate) %")
        + (trustsCaller ? "" : ", caller not trusted") + (isAlwaysOn ? ", always on" : "")
        + (spawnsUpstreamSpans ? ", upstream spans" : "")
    }
  }

  /// The connection manager's own ways to sample, in percent.
  struct Percentages: Hashable {
    var client: Double?
    var random: Double?
    var overall: Double?
  }

  private typealias HTTPConnectionManager =
    Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpConnectionManager

  /// What the upstream tells of: whatever of these it was sent.
  private static let echoed =
    [
      "traceparent", "tracestate", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags",
      "x-b3-parentspanid",
    ]
    + ScratchHeader.all.map(\.name)
  private static let echoPrefix = "x-sent-"
  /// Samples everything.
  private static let settling = Setup(propagators: [.w3c])

  private let ports: [Setup: Int]
  private let sink: OTLPSink

  /// The tracing headers that reach the upstream.
  func sentUpstream(_ setup: Setup, path: String = "/", _ headers: [(String, String)]) throws -> [String: String] {
    let answer = try LoopbackHTTP.headers(port: ports[setup] ?? 0, path: path, headers)
    let echoed = answer.filter { $0.key.hasPrefix(Self.echoPrefix) && !$0.value.isEmpty }
    return Dictionary(uniqueKeysWithValues: echoed.map { (String($0.key.dropFirst(Self.echoPrefix.count)), $0.value) })
  }

  /// The spans of all requests that were answered, by the requests' paths.
  func spans() async throws -> [String: [OTLPSpan]] {
    // Each tracer exports at an interval. Two requests of which the second follows the span of the first take longer
    // than one interval, so that the spans of all before them are there, however many there should be.
    for _ in 1...2 {
      let path = "/settled/\(UInt64.random(in: 0 ... .max))"
      _ = try sentUpstream(Self.settling, path: path, [])
      try await sink.waitForSpans { Self.path(of: $0) == path }
    }
    let spans = await sink.spans
    // Those of tries have no path of their own.
    let paths = Dictionary(spans.map { ($0.spanID, Self.path(of: $0)) }) { first, _ in first }
    return Dictionary(grouping: spans) { span in
      span.kind == .client ? span.parentSpanID.flatMap { paths[$0] } ?? "" : Self.path(of: span)
    }
  }

  private static func path(of span: OTLPSpan) -> String {
    let url = span.attributes["http.url"]?.string ?? ""
    return url.hasPrefix("http://test/") ? String(url.dropFirst("http://test".count)) : url
  }

  static func with(_ setups: [Setup], _ body: (PropagationBed) async throws -> Void) async throws {
    let sink = try await OTLPSink.start()
    do {
      try await with(Array(Set(setups + [settling])), sink, body)
      await sink.stop()
    } catch {
      await sink.stop()
      throw error
    }
  }

  private static func with(
    _ setups: [Setup], _ sink: OTLPSink, _ body: (PropagationBed) async throws -> Void
  ) async throws {
    let echoPort = try LoopbackPorts.free()
    let ports = Dictionary(uniqueKeysWithValues: zip(setups, try LoopbackPorts.free(setups.count)))
    var bootstrap = Envoy_Config_Bootstrap_V3_Bootstrap()
    bootstrap.staticResources.listeners = [echo(port: echoPort)]
    bootstrap.layeredRuntime.layers = [
      .with {
        $0.name = "static"
        $0.staticLayer.fields["tracing.opentelemetry.flush_interval_ms"] = .init(numberValue: 100)
      }
    ]
    for (setup, port) in ports {
      let gateway = try staticBootstrap(setup, port: port, echoPort: echoPort, collector: sink.port)
      bootstrap.node = gateway.node
      bootstrap.staticResources.listeners += gateway.staticResources.listeners
      for cluster in gateway.staticResources.clusters
      where !bootstrap.staticResources.clusters.contains(where: { $0.name == cluster.name }) {
        bootstrap.staticResources.clusters.append(cluster)
      }
    }
    for index in bootstrap.staticResources.listeners.indices {
      bootstrap.staticResources.listeners[index].address.socketAddress.address = "127.0.0.1"
    }
    let text = JSONText.encode(try MessageDocument.value(of: bootstrap))
    try await withTemporaryFolder { folder in
      let file = try folder.write(text, to: "bootstrap.json")
      let arguments = ["-c", file, "--use-dynamic-base-id", "--concurrency", "1", "-l", "warn"]
      try await withProcess(try RealComponent.envoy.path(), arguments) { envoy in
        let bed = PropagationBed(ports: ports, sink: sink)
        try await eventually("Envoy serves", within: .seconds(30)) {
          if let status = envoy.exitStatus { throw Ended(description: "\(status)\n\(envoy.errorOutput.tail(20))") }
          return try setups.allSatisfy { try !bed.sentUpstream($0, []).isEmpty || $0.propagators.isEmpty }
        }
        try await body(bed)
      }
    }
  }

  struct Ended: Error, CustomStringConvertible {
    let description: String
  }

  /// What the translator makes of a Gateway with a policy and a route to the upstream.
  private static func staticBootstrap(
    _ setup: Setup, port: Int, echoPort: Int, collector: Int
  ) throws -> Envoy_Config_Bootstrap_V3_Bootstrap {
    let gateway = Gateway(
      metadata: ObjectMeta(namespace: "apps", name: "edge"), gatewayClassName: "kgateway",
      listeners: [Gateway.Listener(name: "http", port: port)])
    let service = Service(metadata: ObjectMeta(namespace: "apps", name: "echo"), ports: [Service.Port(port: 80)])
    let route = HTTPRoute(
      metadata: ObjectMeta(namespace: "apps", name: "all"), parentRefs: [ParentReference(name: "edge")],
      rules: [HTTPRoute.Rule(backendRefs: [HTTPRoute.BackendReference(name: "echo", port: 80)])])
    var tracing = HTTPListenerPolicy.Tracing(
      provider: .init(otel: .init(grpcAddress: "127.0.0.1:\(collector)")),
      samplingRate: setup.percentages == nil ? setup.samplingRate : nil, clientSampling: setup.percentages?.client,
      randomSampling: setup.percentages?.random, overallSampling: setup.percentages?.overall,
      incomingSampling: setup.trustsCaller ? nil : "Ignore", propagators: setup.propagators.map(\.rawValue),
      spawnUpstreamSpan: setup.spawnsUpstreamSpans ? true : nil)
    if setup.isAlwaysOn {
      tracing.provider = .init(
        openTelemetry: .init(service: .init(staticClusterName: "collector"), sampler: .init(isAlwaysOn: true)))
    }
    let settings = TranslatorSettings(staticClusters: [
      StaticCluster(name: "collector", host: "127.0.0.1", port: collector)
    ])
    let policy = HTTPListenerPolicy(
      metadata: ObjectMeta(namespace: "apps", name: "tracing"), targetRefs: [.init(name: "edge")], tracing: tracing)
    let translation = Translator.translate(
      GatewayInputs(
        gateway: gateway, routes: [RouteInput(route)], policies: [policy], services: [service.metadata.id: service],
        settings: settings))
    if let problem = translation.report.problems.first { throw Ended(description: "\(setup): \(problem)") }
    return try StaticBootstrap.bootstrap(of: translation.configuration, gateway: gateway.metadata.id) { _ in
      .with {
        $0.endpoints = [
          .with {
            $0.lbEndpoints = [
              .with {
                $0.endpoint.address.socketAddress.address = "127.0.0.1"
                $0.endpoint.address.socketAddress.portValue = UInt32(echoPort)
              }
            ]
          }
        ]
      }
    }
  }

  /// The upstream: a listener that answers every request by itself.
  private static func echo(port: Int) -> Envoy_Config_Listener_V3_Listener {
    let manager = HTTPConnectionManager.with {
      $0.statPrefix = "echo"
      $0.routeConfig.virtualHosts = [
        .with {
          $0.name = "echo"
          $0.domains = ["*"]
          $0.routes = [
            .with {
              $0.match.prefix = "/"
              $0.directResponse.status = 200
              $0.responseHeadersToAdd = echoed.map { name in
                .with {
                  $0.header.key = echoPrefix + name
                  // REQ would take the first of several headers of that name.
                  $0.header.value = "%CEL('\(name)' in request.headers ? request.headers['\(name)'] : '')%"
                }
              }
            }
          ]
        }
      ]
      $0.httpFilters = [
        .with {
          $0.name = "envoy.filters.http.router"
          $0.typedConfig = Google_Protobuf_Any(packing: Envoy_Extensions_Filters_Http_Router_V3_Router())
        }
      ]
    }
    return .with {
      $0.name = "echo"
      $0.address.socketAddress.portValue = UInt32(port)
      $0.filterChains = [
        .with {
          $0.filters = [
            .with {
              $0.name = "envoy.filters.network.http_connection_manager"
              $0.typedConfig = Google_Protobuf_Any(packing: manager)
            }
          ]
        }
      ]
    }
  }
}
