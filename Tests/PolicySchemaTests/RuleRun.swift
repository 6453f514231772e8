import RealComponents

@testable import APIServerDouble

/// The rules of the CRD, run on objects by Google's CEL (`Python/rules.py`).
struct RuleRun {
  /// A rule of the CRD at one place of the schema.
  struct Rule {
    /// The path in the schema, and the rule.
    let place: String
    /// The most that it costs at one place of an object, in Kubernetes' units.
    let cost: Int64
    /// The number of places of an object that can have it.
    let count: Int64
  }

  let rules: [Rule]
  /// What an API server would refuse of the rules themselves.
  let faults: [String]
  /// For each object the rules that are false of it, as `PATH: MESSAGE`.
  let refusals: [String: [String]]
  /// The places of the rules that were true of some object.
  let held: Set<String>
  /// The places of the rules that were false of some object.
  let failed: Set<String>

  /// - Parameter objects: by names that the answer repeats; their defaults are filled in.
  init(_ definition: PolicyDefinition, on objects: [(name: String, object: JSONValue)]) async throws {
    let request: JSONValue = [
      "schema": definition.openAPI, "objects": .object(JSONObject(objects.map { ($0.name, $0.object) })),
    ]
    let output = try await outputOfCommand(
      try RealComponent.python.path(), [PackageRoot.path("Tests/PolicySchemaTests/Python/rules.py")],
      settings: ProcessSettings(standardInput: request.jsonText))
    let answer = try JSONValue(json: output).unwrapped("rules.py did not answer in JSON: \(output)")
    rules = (answer["rules"]?.arrayValue ?? []).compactMap { rule in
      guard let place = rule["place"]?.stringValue, let cost = rule["cost"]?.integerValue,
        let count = rule["count"]?.integerValue
      else { return nil }
      return Rule(place: place, cost: cost, count: count)
    }
    faults = Self.strings(answer["faults"])
    held = Set(Self.strings(answer["held"]))
    failed = Set(Self.strings(answer["failed"]))
    refusals = Dictionary(
      uniqueKeysWithValues: (answer["refusals"]?.objectValue ?? [:]).map { ($0.key, Self.strings($0.value)) })
  }

  private static func strings(_ value: JSONValue?) -> [String] {
    (value?.arrayValue ?? []).compactMap(\.stringValue)
  }
}
