import APIServerDouble
import FoundationEssentials
import Glibc
import RealComponents

/// The volumes of a pod as folders: laid out, and replaced under way, as the kubelet does it. A volume's files are links
/// into a folder that a link names, so that all of them change in one step.
actor PodVolumes {
  private typealias Files = [String: [UInt8]]

  private struct Token {
    let text: String
    let renewal: ContinuousClock.Instant
  }

  /// A fifth of a token's life before its end it is replaced, as by the kubelet.
  private static let tokenLife = 0.8

  private let pod: PodIdentity
  private let folder: TemporaryFolder
  private let apiServer: APIServerDouble
  /// By the path in the container, the folder that stands in for it.
  private let folders: [String: String]
  private var contents: [String: Files] = [:]
  /// By the path in the pod's folder.
  private var tokens: [String: Token] = [:]
  private var revision = 0

  init(of pod: PodIdentity, in folder: TemporaryFolder, _ apiServer: APIServerDouble) {
    self.pod = pod
    self.folder = folder
    self.apiServer = apiServer
    let mounts = pod.template.containers.flatMap(\.mounts)
    folders = Dictionary(
      mounts.map { ($0.path, folder.path("\(pod.name)/\($0.volume)")) }, uniquingKeysWith: { first, _ in first })
  }

  /// A text in which the paths of the container are those of this machine.
  nonisolated func localized(_ text: String) -> String {
    folders.sorted { $0.key.count > $1.key.count }.reduce(text) { $0.replacing($1.key, with: $1.value) }
  }

  /// Makes the volumes, or what changed of them.
  /// - Throws: `MissingSource` for an object that is not there.
  func refresh() async throws {
    for volume in pod.template.volumes {
      let content = try await content(of: volume)
      guard contents[volume.name] != content else { continue }
      contents[volume.name] = content
      try write(content, to: "\(pod.name)/\(volume.name)")
    }
  }

  private func write(_ content: Files, to path: String) throws {
    revision += 1
    let data = "..data-\(revision)"
    for (name, bytes) in content {
      try folder.write(localized(String(decoding: bytes, as: UTF8.self)), to: "\(path)/\(data)/\(name)")
    }
    let files = FileManager.default
    try files.createDirectory(atPath: folder.path("\(path)/\(data)"), withIntermediateDirectories: true)
    let (link, new) = (folder.path("\(path)/..data"), folder.path("\(path)/..data_tmp"))
    try files.createSymbolicLink(atPath: new, withDestinationPath: data)
    guard rename(new, link) == 0 else { throw MissingSource(description: "cannot rename \(new)") }
    for name in content.keys {
      let visible = folder.path("\(path)/\(name)")
      if (try? files.destinationOfSymbolicLink(atPath: visible)) == nil {
        try files.createSymbolicLink(atPath: visible, withDestinationPath: "..data/\(name)")
      }
    }
  }

  private func content(of volume: PodTemplate.Volume) async throws -> Files {
    var content: Files = [:]
    if volume.source["emptyDir"] != nil { return content }
    if let projected = volume.source["projected"] {
      for source in projected["sources"]?.arrayValue ?? [] { try await add(source, of: volume.name, to: &content) }
    } else {
      try await add(volume.source, of: volume.name, to: &content)
    }
    return content
  }

  private func add(_ source: JSONValue, of volume: String, to content: inout Files) async throws {
    if let token = source["serviceAccountToken"] {
      let path = token["path"]?.stringValue ?? "token"
      content[path] = Array(try await self.token(token, for: "\(volume)/\(path)").utf8)
    }
    if let map = source["configMap"] {
      let name = map["name"]?.stringValue ?? ""
      let object = try await object("configmaps", name, isOptional: map["optional"]?.boolValue ?? false)
      let data = (object?["data"]?.strings ?? [:]).mapValues { Array($0.utf8) }
      for (path, bytes) in Self.select(data, map["items"]) { content[path] = bytes }
    }
    if let secret = source["secret"] {
      let name = secret["secretName"]?.stringValue ?? secret["name"]?.stringValue ?? ""
      let object = try await object("secrets", name, isOptional: secret["optional"]?.boolValue ?? false)
      let data = (object?["data"]?.strings ?? [:]).compactMapValues { Data(base64Encoded: $0).map(Array.init) }
      for (path, bytes) in Self.select(data, secret["items"]) { content[path] = bytes }
    }
    for item in source[["downwardAPI", "items"]]?.arrayValue ?? [] {
      guard let path = item["path"]?.stringValue, let field = item[["fieldRef", "fieldPath"]]?.stringValue else {
        continue
      }
      content[path] = Array((PodEnvironment.field(field, pod) ?? "").utf8)
    }
  }

  private func token(_ source: JSONValue, for path: String) async throws -> String {
    if let token = tokens[path], token.renewal > .now { return token.text }
    let seconds = Int(source["expirationSeconds"]?.integerValue ?? 3600)
    let text = try await apiServer.issueToken(
      namespace: pod.namespace, serviceAccount: pod.template.serviceAccountName,
      audience: source["audience"]?.stringValue ?? "https://kubernetes.default.svc.cluster.local", seconds: seconds)
    tokens[path] = Token(text: text, renewal: .now + .seconds(Double(seconds) * Self.tokenLife))
    return text
  }

  private func object(_ plural: String, _ name: String, isOptional: Bool) async throws -> JSONValue? {
    let found = await apiServer.object(plural, group: "", namespace: pod.namespace, name: name)
    guard found != nil || isOptional else {
      throw MissingSource(description: "\(plural) \(pod.namespace)/\(name) is not there")
    }
    return found
  }

  /// The entries that a volume's `items` name, under the paths that they give; all where there are none.
  private static func select(_ data: [String: [UInt8]], _ items: JSONValue?) -> [String: [UInt8]] {
    guard let items = items?.arrayValue else { return data }
    return Dictionary(
      items.compactMap { item in
        guard let key = item["key"]?.stringValue, let bytes = data[key] else { return nil }
        return (item["path"]?.stringValue ?? key, bytes)
      }, uniquingKeysWith: { _, last in last })
  }
}

/// Something that a pod needs and that is not there; the pod waits for it.
struct MissingSource: Error, CustomStringConvertible {
  let description: String
}
