import Deployer
import FoundationEssentials
import JSON
import Testing
import YAML

/// A mistake as people make them, in the folder `Mistakes`: a part of an object, and all that is to be told of it.
struct Mistake: Sendable, CustomTestStringConvertible {
  let name: String
  let manifests: String
  let told: [String]
  /// What stands before the path of a field.
  let prefix: String

  var testDescription: String { name }

  static let parameters = read("parameters")
  static let references = read("references")

  private static func read(_ file: String) -> [Mistake] {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let url = URL(filePath: "\(folder)/Mistakes/\(file).yaml", directoryHint: .notDirectory)
    guard let text = try? Data(contentsOf: url), let document = try? YAML.documents(in: Array(text)).first else {
      return []
    }
    var reader = JSONReader(document.json)
    return ((try? reader.readValue()) ?? .null).elements.enumerated().map { Mistake("\(file)#\($0)", $1) }
  }

  private init(_ name: String, _ entry: JSONValue) {
    self.name = name
    told = entry["problems"]?.elements.compactMap(\.text) ?? []
    var gateway: [JSONMember] = [
      JSONMember(key: "gatewayClassName", value: "kgateway"),
      JSONMember(key: "listeners", value: [["name": "http", "protocol": "HTTP", "port": 80]]),
    ]
    var gatewayClass: [JSONMember] = [JSONMember(key: "controllerName", value: "kgateway.dev/kgateway")]
    var objects: [JSONValue] = []
    if let spec = entry["spec"] {
      prefix = "InvalidParameters: GatewayParameters shop/mistake: "
      let reference: JSONValue = [
        "group": "gateway.kgateway.dev", "kind": "GatewayParameters", "name": "mistake",
      ]
      gateway.append(JSONMember(key: "infrastructure", value: ["parametersRef": reference]))
      objects.append(Self.object("gateway.kgateway.dev/v1alpha1", "GatewayParameters", "mistake", spec))
    } else {
      prefix = ""
    }
    if case .object(let members)? = entry["gateway"] { gateway += members }
    if case .object(let members)? = entry["gatewayClass"] { gatewayClass += members }
    let api: JSONValue = "gateway.networking.k8s.io/v1"
    objects.append(Self.object(api, "Gateway", "web", .object(gateway)))
    objects.append(Self.object(api, "GatewayClass", "kgateway", .object(gatewayClass)))
    manifests = objects.map { value in
      var writer = JSONWriter()
      writer.value(value)
      return String(decoding: writer.bytes, as: UTF8.self)
    }.joined(separator: "\n---\n")
  }

  private static func object(_ api: JSONValue, _ kind: JSONValue, _ name: JSONValue, _ spec: JSONValue) -> JSONValue {
    let metadata: JSONValue = kind == "GatewayClass" ? ["name": name] : ["name": name, "namespace": "shop"]
    return ["apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec]
  }
}

@Suite("Mistakes in what Gateways are deployed by")
struct MistakeTests {
  @Test("there are at least forty of them")
  func enough() {
    #expect(Mistake.parameters.count + Mistake.references.count >= 40)
  }

  @Test(
    "a mistake is told at its field with what to do, and what is deployed stays",
    arguments: Mistake.parameters + Mistake.references)
  func isTold(_ mistake: Mistake) throws {
    let deployment = try Manifests(mistake.manifests).deployment
    #expect(deployment.objects == nil)
    #expect(
      deployment.problems.map { "\($0.reason.rawValue): \($0.problem)" } == mistake.told.map { mistake.prefix + $0 })
  }
}
