import Testing

@testable import APIServerDouble

/// The CRD's schema, by the API server double, and its rules, by Google's CEL, on policies good and bad.
@Suite("The rules of the CRD")
struct RuleTests {
  @Test("policies that people are shown are accepted", arguments: OwnKind.allCases)
  func accepted(_ kind: OwnKind) async throws {
    let definition = try PolicyDefinition(kind)
    let instances = try PolicyInstance.accepted(kind)
    let objects = instances.map { (name: $0.name, object: definition.stored($0.object)) }
    let run = try await RuleRun(definition, on: objects)
    #expect(objects.count > (kind == .policy ? 10 : 2))
    for (name, object) in objects {
      #expect(definition.refusals(of: object) == [], "\(name)")
      #expect(run.refusals[name] == [], "\(name)")
    }
  }

  @Test("they say nothing that the schema does not know", arguments: OwnKind.allCases)
  func noUnknownField(_ kind: OwnKind) throws {
    let definition = try PolicyDefinition(kind)
    for instance in try PolicyInstance.accepted(kind) {
      var object = instance.object
      #expect(definition.schema.pruneUnknownFields(of: &object) == [], "\(instance.name)")
    }
  }

  @Test("bad policies are refused, each with exactly its message", arguments: OwnKind.allCases)
  func refused(_ kind: OwnKind) async throws {
    let definition = try PolicyDefinition(kind)
    let instances = try PolicyInstance.refused(kind)
    let objects = instances.map { (name: $0.name, object: definition.stored($0.object)) }
    let bySchema = objects.map { definition.refusals(of: $0.object) }
    // An API server does not run the rules on what its schema refuses.
    let wellFormed = zip(objects, bySchema).filter { $0.1.isEmpty }.map(\.0)
    let run = try await RuleRun(definition, on: wellFormed)
    for (instance, refusals) in zip(instances, bySchema) {
      #expect(refusals + (run.refusals[instance.name] ?? []) == instance.refusals, "\(instance.name)")
    }
  }

  @Test("every rule, wherever it stands, is true of a good policy and false of a bad one", arguments: OwnKind.allCases)
  func everyRule(_ kind: OwnKind) async throws {
    let definition = try PolicyDefinition(kind)
    let good = try PolicyInstance.accepted(kind).map { (name: $0.name, object: definition.stored($0.object)) }
    let bad = try PolicyInstance.refused(kind).map { (name: $0.name, object: definition.stored($0.object)) }
      .filter { definition.refusals(of: $0.object).isEmpty }
    let places = Set(try await RuleRun(definition, on: []).rules.map(\.place))
    #expect(places.subtracting(try await RuleRun(definition, on: good).held) == [], "no good policy has them")
    #expect(places.subtracting(try await RuleRun(definition, on: bad).failed) == [], "no bad policy breaks them")
  }
}
