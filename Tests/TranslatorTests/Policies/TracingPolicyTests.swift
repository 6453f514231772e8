import EnvoyAPI
import KubernetesAPI
import SwiftProtobuf
import Testing
import Translator

@Suite("Tracing of policies")
struct TracingPolicyTests {
  private typealias Config = Envoy_Config_Trace_V3_OpenTelemetryConfig
  private typealias ParentBased = Envoy_Extensions_Tracers_Opentelemetry_Samplers_V3_ParentBasedSamplerConfig
  private typealias Ratio = Envoy_Extensions_Tracers_Opentelemetry_Samplers_V3_TraceIdRatioBasedSamplerConfig

  private func manager(_ tracing: HTTPListenerPolicy.Tracing) throws -> PolicyFixture.HTTPConnectionManager {
    try PolicyFixture.connectionManager(of: PolicyFixture(.init("a", tracing: tracing)).translate())
  }

  @Test("spans go to the provider's address under the Gateway's name, with Envoy's own dice put away")
  func provider() throws {
    let tracing = try manager(.toCollector()).tracing
    #expect(tracing.randomSampling.value == 100 && !tracing.hasOverallSampling && !tracing.hasClientSampling)
    #expect(tracing.provider.name == "envoy.tracers.opentelemetry")
    let config = try Config(unpackingAny: tracing.provider.typedConfig)
    #expect(config.serviceName == "edge")
    #expect(config.grpcService.envoyGrpc.clusterName == "tracing~collector.telemetry~4317")
  }

  @Test(
    "the sampling rate is the ratio of a parent-based sampler, 100 % where the policy says none",
    arguments: [
      (nil, 1_000_000), (100, 1_000_000), (0, 0), (10, 100_000), (0.1, 1_000), (0.0001, 1), (33.3333, 333_333),
    ]
      as [(Double?, UInt32)])
  func samplingRate(percentage: Double?, perMillion: UInt32) throws {
    let tracing = try manager(.toCollector(samplingRate: percentage)).tracing
    let sampler = try Config(unpackingAny: tracing.provider.typedConfig).sampler
    let wrapped = try ParentBased(unpackingAny: sampler.typedConfig).wrappedSampler
    let ratio = try Ratio(unpackingAny: wrapped.typedConfig).samplingPercentage
    #expect(ratio.numerator == perMillion && ratio.denominator == .million)
  }

  @Test("the control plane's rate holds where a policy leaves the sampling open, and nowhere else")
  func defaultSamplingRate() throws {
    func perMillion(_ tracing: HTTPListenerPolicy.Tracing) throws -> UInt32? {
      var fixture = PolicyFixture(.init("a", tracing: tracing))
      fixture.settings.defaultSamplingRate = try SamplingRate(percentage: 12.5)
      let tracing = try PolicyFixture.connectionManager(of: fixture.translate()).tracing
      let sampler = try Config(unpackingAny: tracing.provider.typedConfig).sampler
      guard let wrapped = try? ParentBased(unpackingAny: sampler.typedConfig).wrappedSampler else { return nil }
      return try Ratio(unpackingAny: wrapped.typedConfig).samplingPercentage.numerator
    }
    #expect(try perMillion(.toCollector()) == 125_000)
    #expect(try perMillion(.toCollector(samplingRate: 100)) == 1_000_000)
    #expect(try perMillion(.toCollector(samplingRate: 0)) == 0)
    var percentages = HTTPListenerPolicy.Tracing.toCollector()
    percentages.overallSampling = 50
    #expect(try perMillion(percentages) == nil)
    var strangers = HTTPListenerPolicy.Tracing.toCollector()
    strangers.incomingSampling = "Ignore"
    #expect(try perMillion(strangers) == 125_000)
  }

  @Test("custom tags are literals, variables of the proxy, or request headers")
  func customTags() throws {
    let tags = try manager(
      .toCollector(customTags: [
        .init(name: "environment", literal: "production"), .init(name: "cluster", environment: "CLUSTER_NAME"),
        .init(name: "request_id", requestHeader: "x-request-id"),
      ])
    ).tracing.customTags
    #expect(tags.map(\.tag) == ["environment", "cluster", "request_id"])
    #expect(tags[0].literal.value == "production" && tags[1].environment.name == "CLUSTER_NAME")
    #expect(tags[2].requestHeader.name == "x-request-id")
  }

  @Test("tracing is off where no policy asks for it, and requests are not touched")
  func noTracing() throws {
    let manager = try PolicyFixture.connectionManager(of: PolicyFixture().translate())
    #expect(!manager.hasTracing && manager.earlyHeaderMutationExtensions.isEmpty)
  }
}
