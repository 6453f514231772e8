import FoundationEssentials

/// `meta.k8s.io/v1` Tables, which `kubectl get` prints.
struct TableRenderer: Sendable {
  let kind: ResourceKind
  let now: Date
  /// `None`, `Metadata` or `Object`: what each row carries of its object.
  var includeObject = "Metadata"

  func table(_ objects: [JSONValue], metadata: JSONValue, withColumns: Bool = true) -> JSONValue {
    [
      "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
      "columnDefinitions": withColumns ? .array(columnDefinitions) : .array([]),
      "rows": .array(objects.map(row)),
    ]
  }

  private var columnDefinitions: [JSONValue] {
    [Self.column("Name", type: "string", format: "name", description: Self.nameDescription, priority: 0)]
      + kind.columns.map {
        Self.column(
          $0.name, type: $0.type, format: "",
          description: "Custom resource definition column (in JSONPath format): \($0.path)", priority: $0.priority)
      }
  }

  private static func column(
    _ name: String, type: String, format: String, description: String, priority: Int64
  ) -> JSONValue {
    [
      "name": .string(name), "type": .string(type), "format": .string(format), "description": .string(description),
      "priority": .integer(priority),
    ]
  }

  private func row(_ object: JSONValue) -> JSONValue {
    var row: JSONValue = ["cells": .array([.string(object.name)] + kind.columns.map { cell($0, object) })]
    switch includeObject {
    case "None": break
    case "Object": row["object"] = object
    default: row["object"] = object.partialMetadata
    }
    return row
  }

  private func cell(_ column: PrinterColumn, _ object: JSONValue) -> JSONValue {
    guard let value = PrinterPath.evaluate(column.path, in: object) else { return .null }
    guard column.type == "date" else {
      if case .array(let elements) = value, column.type == "string" {
        return .string(
          "[" + elements.map { $0.stringValue.map { "\"\($0)\"" } ?? $0.jsonText }.joined(separator: ",") + "]")
      }
      return value
    }
    guard let date = value.stringValue.flatMap({ try? Date($0, strategy: .iso8601) }) else { return "<unknown>" }
    return .string(Self.age(Int(now.timeIntervalSince(date))))
  }

  /// Two units at most, coarser the longer it is: `90s`, `5m30s`, `3h`, `2d4h`.
  static func age(_ seconds: Int) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400)
    func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
      small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
    }
    switch seconds {
    case ..<(-1): return "<invalid>"
    case ..<0: return "0s"
    case ..<120: return "\(seconds)s"
    case ..<600: return pair(minutes, "m", seconds % 60, "s")
    case ..<10800: return "\(minutes)m"
    case ..<28800: return pair(hours, "h", minutes % 60, "m")
    case ..<172800: return "\(hours)h"
    case ..<691200: return pair(days, "d", hours % 24, "h")
    default: return "\(days)d"
    }
  }

  private static let nameDescription =
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow "
    + "a client to request the generation of an appropriate name automatically. Name is primarily intended for "
    + "creation idempotence and configuration definition. Cannot be updated. More info: "
    + "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
}

extension JSONValue {
  /// The object with nothing but its metadata.
  var partialMetadata: JSONValue {
    [
      "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
      "metadata": Schema.objectMeta.ordered(self["metadata"] ?? [:]),
    ]
  }
}

/// The JSONPath that printer columns use: members, `[*]`, and `[?(@.type=="Ready")]`. The first match counts.
enum PrinterPath {
  static func evaluate(_ path: String, in object: JSONValue) -> JSONValue? {
    var candidates = [object]
    var rest = path[...]
    while let first = rest.first {
      if first == "." {
        rest = rest.dropFirst()
        let name = rest.prefix { $0 != "." && $0 != "[" }
        rest = rest.dropFirst(name.count)
        candidates = candidates.compactMap { $0[String(name)] }
      } else if first == "[", let end = rest.firstIndex(of: "]") {
        let inside = rest[rest.index(after: rest.startIndex)..<end]
        rest = rest[rest.index(after: end)...]
        candidates = candidates.flatMap { $0.arrayValue ?? [] }.filter(condition(inside))
      } else {
        return nil
      }
    }
    return candidates.first
  }

  private static func condition(_ text: Substring) -> (JSONValue) -> Bool {
    guard text.hasPrefix("?(@."), text.hasSuffix(")"), let equals = text.firstRange(of: "==") else {
      return { _ in true }
    }
    let name = String(text[..<equals.lowerBound].dropFirst(4).filter { $0 != " " })
    let value = text[equals.upperBound...].dropLast().filter { !"\"' ".contains($0) }
    return { $0[name]?.stringValue == String(value) }
  }
}
