import RealComponents
import Testing

@testable import APIServerDouble

/// What an API server of Kubernetes 1.25, the oldest that is supported, demands of a CRD.
@Suite("The CRD within Kubernetes' limits")
struct SchemaLimitTests {
  @Test("it uses no keyword that a structural schema of Kubernetes 1.25 does not know", arguments: OwnKind.allCases)
  func keywords(_ kind: OwnKind) throws {
    let definition = try PolicyDefinition(kind)
    let known: Set<String> = [
      "type", "description", "properties", "required", "items", "additionalProperties", "enum", "default", "format",
      "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties",
      "maxProperties", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-preserve-unknown-fields",
      "x-kubernetes-validations", "x-kubernetes-int-or-string",
    ]
    for node in definition.root.all {
      #expect(Set(node.document.objectValue?.keys ?? []).subtracting(known) == [], "\(node.path)")
      #expect((node.type != nil) != node.isIntegerOrString, "\(node.path) has no type, or one too many")
      for rule in node.document["x-kubernetes-validations"]?.arrayValue ?? [] {
        #expect(Set(rule.objectValue?.keys ?? []) == ["rule", "message"], "\(node.path)")
        #expect(rule["message"]?.stringValue?.contains("\n") == false, "\(node.path)")
      }
    }
  }

  @Test("every list, map and string has a bound", arguments: OwnKind.allCases)
  func bounds(_ kind: OwnKind) throws {
    let definition = try PolicyDefinition(kind)
    let unbounded: Set<String> = ["apiVersion", "kind", "metadata"]  // The server's own business.
    for node in definition.root.all where !unbounded.contains(node.path) {
      switch node.type {
      case "string":
        #expect(node.document["maxLength"] != nil || node.document["format"] == "date-time", "\(node.path)")
      case "array":
        #expect(node.document["maxItems"] != nil, "\(node.path)")
      case "object":
        let isMap = node.isOpen || node.additionalProperties != nil
        #expect(!isMap || node.document["maxProperties"] != nil, "\(node.path)")
      case "integer", "number":
        let isStatus = node.path.hasPrefix("status")
        #expect(node.document["minimum"] != nil && (isStatus || node.document["maximum"] != nil), "\(node.path)")
      default:
        break
      }
    }
  }

  @Test("every list says how server-side apply merges it, by keys that every element has", arguments: OwnKind.allCases)
  func listTypes(_ kind: OwnKind) throws {
    let definition = try PolicyDefinition(kind)
    for node in definition.root.all where node.type == "array" {
      let items = try #require(node.items, "\(node.path)")
      switch node.document["x-kubernetes-list-type"] {
      case "atomic": break
      case "set": #expect(items.type == "string", "\(node.path)")
      case "map":
        let keys = (node.document["x-kubernetes-list-map-keys"]?.arrayValue ?? []).compactMap(\.stringValue)
        #expect(!keys.isEmpty, "\(node.path)")
        let required = (items.document["required"]?.arrayValue ?? []).compactMap(\.stringValue)
        for key in keys {
          #expect(required.contains(key) || items[key]?.document["default"] != nil, "\(node.path): \(key)")
        }
      default: Issue.record("\(node.path) has no list type")
      }
    }
  }

  @Test("every default and every required field is one that the schema has and allows", arguments: OwnKind.allCases)
  func defaults(_ kind: OwnKind) throws {
    let definition = try PolicyDefinition(kind)
    for node in definition.root.all {
      if let value = node.document["default"] {
        #expect(Schema(openAPI: node.document).errors(in: value) == [], "\(node.path)")
      }
      for name in (node.document["required"]?.arrayValue ?? []).compactMap(\.stringValue) {
        #expect(node[name] != nil, "\(node.path): \(name)")
      }
    }
  }

  @Test("every field has a description", arguments: OwnKind.allCases)
  func descriptions(_ kind: OwnKind) throws {
    let definition = try PolicyDefinition(kind)
    for node in definition.root.all {
      for (_, property) in node.properties where property.path != "metadata" {
        let description = property.document["description"]?.stringValue ?? ""
        #expect(description.hasSuffix("."), "\(property.path): \(description)")
      }
    }
  }

  @Test(
    "the rules name fields that there are, and cost a tenth of what Kubernetes allows at most",
    arguments: OwnKind.allCases)
  func cost(_ kind: OwnKind) async throws {
    let definition = try PolicyDefinition(kind)
    let run = try await RuleRun(definition, on: [])
    #expect(run.faults == [])
    #expect(run.rules.count > (kind == .policy ? 25 : 8))
    for rule in run.rules {
      #expect(rule.cost * rule.count < 1_000_000, "\(rule.place)")
    }
    #expect(run.rules.reduce(0) { $0 + $1.cost * $1.count } < 10_000_000)
  }

  @Test(
    "kubectl expands the anchors as kgateway does, and the whole fits into its annotation", arguments: OwnKind.allCases)
  func anchors(_ kind: OwnKind) async throws {
    let definition = try PolicyDefinition(kind)
    let output = try await outputOfCommand(
      try RealComponent.kubectl.path(),
      ["annotate", "--local", "-f", kind.path, "expanded-by=kubectl", "-o", "json"])
    let expanded = try #require(JSONValue(json: output))
    #expect(expanded["spec"] == definition.document["spec"])
    // kubectl apply keeps the whole object in an annotation, and annotations are limited to 256 KiB.
    #expect(definition.document.jsonText.utf8.count < 128 << 10)
  }
}
