import EnvoyAPI
import JSON
import KubernetesAPI
import SwiftProtobuf
import Translator

/// A policy's way from JSON to Envoy's configuration.
struct FuzzedTranslation {
  let name: String
  let policy: JSONValue
  let translation: Translation
  private let gateway: NamespacedName
  private let id: NamespacedName

  /// - Parameter world: what the policy stands in.
  /// - Throws: why the policy cannot be read.
  init?(_ policy: JSONValue, name: String, in world: Manifests) throws {
    guard
      case .httpListenerPolicy(let object) = try KubernetesObject.decode(json: Array(Self.text(policy).utf8))
    else { return nil }
    var inputs = world.inputs
    inputs.policies = [object]
    inputs.settings.staticClusters.append(
      StaticCluster(name: "collector-http", host: "collector.telemetry", port: 4318, wireProtocol: .otlpHTTP))
    self.name = name
    self.policy = policy
    gateway = inputs.gateway.metadata.id
    id = object.metadata.id
    translation = Translator.translate(inputs)
  }

  /// Whether the policy is on the Gateway, and nothing in it is wrong.
  var isAccepted: Bool {
    let conditions = translation.report.policies[id]?.flatMap(\.conditions) ?? []
    return conditions.contains { $0.type == "Accepted" && $0.status == .yes } && translation.report.problems.isEmpty
  }

  /// Different for different configurations, as good as always. (The hash of a packed message is that of its type.)
  func configurationHash() throws -> Int {
    var options = BinaryEncodingOptions()
    options.useDeterministicOrdering = true
    var hasher = Hasher()
    for listener in translation.configuration.listeners {
      hasher.combine(try listener.serializedBytes(options: options) as [UInt8])
    }
    for cluster in translation.configuration.clusters {
      hasher.combine(try cluster.serializedBytes(options: options) as [UInt8])
    }
    return hasher.finalize()
  }

  func configured() throws -> ConfiguredMutant {
    try ConfiguredMutant(translation, name: name, policy: Self.text(policy), gateway: gateway)
  }

  static func text(_ value: JSONValue) -> String {
    var writer = JSONWriter()
    writer.value(value)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
