import EnvoyAPI
import JSON
import KubernetesAPI
import RealComponents
import SwiftProtobuf
import Translator

/// A mutant's whole configuration, as Envoy would read it from a file.
struct ConfiguredMutant: Sendable {
  let name: String
  /// The policy, as JSON.
  let policy: String
  let listeners: [JSONValue]
  let clusters: [JSONValue]

  /// What is not whole in it; nil if nothing.
  var fault: String? {
    let names = clusters.compactMap { $0["name"]?.text }
    if Set(names).count != names.count { return "clusters share a name" }
    if names.count != clusters.count || listeners.contains(where: { $0["name"]?.text == nil }) { return "no name" }
    if listeners.count != 1 { return "\(listeners.count) listeners" }
    let used = listeners.flatMap { $0.values(of: "cluster_name") + $0.values(of: "cluster") }
    if let missing = used.first(where: { !$0.isEmpty && !names.contains($0) }) {
      return "there is no cluster \(missing)"
    }
    return listeners.contains { !$0.values(of: "rds").isEmpty } ? "a listener without routes" : nil
  }
}

extension ConfiguredMutant {
  init(_ translation: Translation, name: String, policy: String, gateway: NamespacedName) throws {
    let bootstrap = try StaticBootstrap.bootstrap(of: translation.configuration, gateway: gateway) { reference in
      Translator.loadAssignment(reference, slices: [])
    }
    let document = try MessageDocument.value(of: bootstrap)
    self.name = name
    self.policy = policy
    listeners = document["static_resources"]?["listeners"]?.elements ?? []
    clusters = document["static_resources"]?["clusters"]?.elements ?? []
  }
}

/// Gives the configurations of many mutants to one Envoy, a listener each.
struct MutantBatch {
  let mutants: [ConfiguredMutant]

  struct Refused: Sendable, CustomStringConvertible {
    let mutant: ConfiguredMutant
    let reason: String

    var description: String { "\(mutant.name): \(reason)\n\(mutant.policy)" }
  }

  /// The mutants that Envoy refuses, at most the limit.
  func refused(limit: Int = 20) async throws -> [Refused] {
    var refused: [Refused] = []
    var open = [mutants[...]]
    while let part = open.popLast(), refused.count < limit {
      guard let reason = try await Self.verdict(on: part) else { continue }
      if part.count == 1 {
        refused.append(Refused(mutant: part[part.startIndex], reason: reason))
      } else {
        let middle = part.startIndex + part.count / 2
        open += [part[middle...], part[..<middle]]
      }
    }
    return refused
  }

  /// Why Envoy does not take these together; nil if it does.
  private static func verdict(on mutants: ArraySlice<ConfiguredMutant>) async throws -> String? {
    try await withTemporaryFolder { folder in
      let file = try folder.write(try bootstrap(of: mutants), to: "bootstrap.json")
      let arguments = ["--mode", "validate", "--log-level", "error", "-c", file]
      let settings = ProcessSettings(workingDirectory: folder.path)
      let result = try await runCommand(
        RealComponent.envoy.path(), arguments, settings: settings, deadline: .seconds(60))
      return result.succeeded ? nil : reason(in: result.errorOutput + result.output)
    }
  }

  /// Envoy shows a message that breaks a rule whole, and then says which.
  private static func reason(in output: String) -> String {
    let rule = output.firstRange(of: "Proto constraint validation failed").map { output[$0.lowerBound...] }
    let error = output.firstRange(of: "bootstrap.json': ").map { output[$0.upperBound...] }
    return String((rule ?? error ?? output[...]).prefix(1000))
  }

  private static func bootstrap(of mutants: ArraySlice<ConfiguredMutant>) throws -> String {
    var clusters = SharedClusters()
    let listeners = mutants.enumerated().flatMap { index, mutant in
      let names = clusters.add(mutant.clusters)
      return mutant.listeners.map { listener in
        listener.renaming(names).writingToNull().replacing("name", with: .string("\(index)"))
          .replacing("address", with: address(index))
      }
    }
    let resources = JSONValue.object([
      JSONMember(key: "listeners", value: .array(listeners)),
      JSONMember(key: "clusters", value: .array(clusters.all)),
    ])
    let node = JSONValue.object([
      JSONMember(key: "id", value: .string("test")), JSONMember(key: "cluster", value: .string("test")),
    ])
    let runtime = try MessageDocument.value(
      of: Envoy_Config_Bootstrap_V3_Bootstrap.with { $0.layeredRuntime = ProxyRuntime.layers })
    var writer = JSONWriter()
    writer.value(
      .object([
        JSONMember(key: "node", value: node), JSONMember(key: "static_resources", value: resources),
        JSONMember(key: "layered_runtime", value: runtime["layered_runtime"] ?? .null),
      ]))
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// An address and port that no other listener has. `validate` binds none.
  private static func address(_ index: Int) -> JSONValue {
    let socket = JSONValue.object([
      JSONMember(key: "address", value: .string("127.0.0.1")),
      JSONMember(key: "port_value", value: .integer(Int64(1000 + index))),
    ])
    return .object([JSONMember(key: "socket_address", value: socket)])
  }
}

/// The clusters of several configurations. Where two have the same name and are not the same, one gets another name.
private struct SharedClusters {
  private(set) var all: [JSONValue] = []
  private var names: [JSONValue: String] = [:]
  private var counts: [String: Int] = [:]

  /// Adds clusters that belong together, and says what they are called now.
  mutating func add(_ clusters: [JSONValue]) -> [String: String] {
    var renamed: [String: String] = [:]
    for cluster in clusters {
      guard let name = cluster["name"]?.text else { continue }
      if let known = names[cluster] {
        renamed[name] = known
        continue
      }
      let count = counts[name, default: 0]
      counts[name] = count + 1
      let newName = count == 0 ? name : "\(name)~\(count)"
      names[cluster] = newName
      renamed[name] = newName
      all.append(cluster.renaming([name: newName]))
    }
    return renamed
  }
}

extension JSONValue {
  fileprivate var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  fileprivate var elements: [JSONValue] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }

  /// The texts of the members with a key, and `""` for those that are no text, at any depth but in formats.
  fileprivate func values(of key: String) -> [String] {
    switch self {
    case .array(let elements): elements.flatMap { $0.values(of: key) }
    case .object(let members):
      members.flatMap { member -> [String] in
        if member.key == "json_format" || member.key == "node" { return [] }
        return member.key == key ? [member.value.text ?? ""] : member.value.values(of: key)
      }
    default: []
    }
  }

  /// The same with the files of access logs changed: which folders there are on the proxy, only Envoy can know.
  fileprivate func writingToNull() -> JSONValue {
    switch self {
    case .array(let elements): .array(elements.map { $0.writingToNull() })
    case .object where self["@type"]?.text?.hasSuffix(".FileAccessLog") == true:
      replacing("path", with: .string("/dev/null"))
    case .object(let members):
      .object(members.map { JSONMember(key: $0.key, value: $0.value.writingToNull()) })
    default: self
    }
  }

  fileprivate func replacing(_ key: String, with value: JSONValue) -> JSONValue {
    guard case .object(var members) = self else { return self }
    members.removeAll { $0.key == key }
    return .object(members + [JSONMember(key: key, value: value)])
  }

  /// The same with names of clusters changed where they stand.
  fileprivate func renaming(_ names: [String: String]) -> JSONValue {
    switch self {
    case .array(let elements): .array(elements.map { $0.renaming(names) })
    case .object(let members):
      .object(
        members.map { member in
          if case .string(let text) = member.value, Self.namesOfClusters.contains(member.key), let name = names[text] {
            return JSONMember(key: member.key, value: .string(name))
          }
          return JSONMember(key: member.key, value: member.value.renaming(names))
        })
    default: self
    }
  }

  private static let namesOfClusters: Set<String> = ["name", "cluster", "cluster_name"]
}
