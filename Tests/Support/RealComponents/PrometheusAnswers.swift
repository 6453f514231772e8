#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

// What Prometheus' HTTP API answers: https://prometheus.io/docs/prometheus/2.42/querying/api/

extension PrometheusServer {
  /// One element of an instant vector, or a scalar.
  package struct Sample: Sendable, Equatable {
    /// Its labels, `__name__` among them where the query keeps it; none of a scalar.
    package let labels: [String: String]
    /// The value; NaN of a native histogram.
    package let value: Double
    /// The observations of a native histogram; nil of a number.
    package let histogram: NativeHistogram?
  }

  /// A native histogram as a query gives it.
  package struct NativeHistogram: Sendable, Equatable {
    /// Observations.
    package let count: Double
    /// Their sum.
    package let sum: Double
    /// The buckets that are not empty.
    package let buckets: Int
  }

  /// A rule, and what it says now.
  package struct Rule: Sendable, Equatable {
    /// The group that it is in.
    package let group: String
    /// The alert's name, or the recorded series'.
    package let name: String
    /// Its expression.
    package let query: String
    /// `inactive`, `pending` or `firing`; nil of a recording rule.
    package let state: String?
    /// `ok`, `err` or `unknown` (not evaluated yet).
    package let health: String
    /// Why it could not be evaluated.
    package let lastError: String?
    /// What is pending or firing.
    package let alerts: [Alert]
  }

  /// An alert that is pending or firing.
  package struct Alert: Sendable, Equatable, Decodable {
    /// Its labels, `alertname` among them.
    package let labels: [String: String]
    /// Its annotations, with their templates filled in.
    package let annotations: [String: String]
    /// `pending` or `firing`.
    package let state: String
  }

  /// A target that is scraped.
  package struct Target: Sendable, Equatable, Decodable {
    /// Its labels after relabelling.
    package let labels: [String: String]
    /// Those before it.
    package let discoveredLabels: [String: String]
    /// Where it is scraped.
    package let scrapeUrl: String
    /// `up`, `down` or `unknown` (not scraped yet).
    package let health: String
    /// Why the last scrape failed; empty if it did not.
    package let lastError: String
  }
}

// MARK: Reading them

extension PrometheusServer {
  /// Asks, and reads the data of a successful answer.
  func answer<Data: Decodable>(
    to path: String, _ parameters: KeyValuePairs<String, String> = [:], as: Data.Type
  ) async throws -> Data {
    let text = try await text(path, parameters)
    let asked = parameters.map { " \($0.key)=\($0.value)" }.joined()
    do {
      let envelope = try JSONDecoder().decode(Envelope<Data>.self, from: .init(text.utf8))
      if let data = envelope.data, envelope.status == "success" { return data }
      throw CommandFailure(description: "Prometheus \(path)\(asked): \(envelope.error ?? text)")
    } catch let error as DecodingError {
      throw CommandFailure(description: "Prometheus \(path)\(asked): \(error)\n\(text.prefix(2_000))")
    }
  }

  private struct Envelope<Data: Decodable>: Decodable {
    let status: String
    let data: Data?
    let error: String?
  }

  struct Targets: Decodable {
    struct Dropped: Decodable {
      let discoveredLabels: [String: String]
    }

    let activeTargets: [Target]
    let droppedTargets: [Dropped]
  }

  struct RuleGroups: Decodable {
    struct Group: Decodable {
      let name: String
      let rules: [Member]
    }

    struct Member: Decodable {
      let name: String
      let query: String
      let state: String?
      let health: String
      let lastError: String?
      let alerts: [Alert]?

      func rule(group: String) -> Rule {
        Rule(
          group: group, name: name, query: query, state: state, health: health, lastError: lastError,
          alerts: alerts ?? [])
      }
    }

    let groups: [Group]
  }

  struct QueryResult: Decodable {
    let samples: [Sample]

    private enum CodingKeys: String, CodingKey {
      case resultType, result
    }

    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: CodingKeys.self)
      switch try fields.decode(String.self, forKey: .resultType) {
      case "vector": samples = try fields.decode([Element].self, forKey: .result).map(\.sample)
      case "scalar":
        let number = try fields.decode(Number.self, forKey: .result)
        samples = [Sample(labels: [:], value: number.value, histogram: nil)]
      case let type:
        throw DecodingError.dataCorruptedError(
          forKey: .resultType, in: fields, debugDescription: "a \(type) is not read here")
      }
    }
  }

  private struct Element: Decodable {
    let metric: [String: String]
    let value: Number?
    let histogram: Histogram?

    var sample: Sample {
      Sample(labels: metric, value: value?.value ?? .nan, histogram: histogram?.value)
    }
  }

  /// `[TIME, "NUMBER"]`.
  private struct Number: Decodable {
    let value: Double

    init(from decoder: any Decoder) throws {
      var parts = try decoder.unkeyedContainer()
      _ = try parts.decode(Double.self)
      value = try Self.number(parts.decode(String.self), in: parts)
    }

    /// Go's text of a number, which has `+Inf`.
    static func number(_ text: String, in parts: any UnkeyedDecodingContainer) throws -> Double {
      guard let number = Double(text) else {
        throw DecodingError.dataCorruptedError(in: parts, debugDescription: "'\(text)' is no number")
      }
      return number
    }
  }

  /// `[TIME, {"count": "NUMBER", "sum": "NUMBER", "buckets": [...]}]`.
  private struct Histogram: Decodable {
    private struct Content: Decodable {
      let count: String
      let sum: String
      let buckets: [Bucket]?
    }

    /// What is in a bucket is not read.
    private struct Bucket: Decodable {
      init(from decoder: any Decoder) throws {}
    }

    let value: NativeHistogram

    init(from decoder: any Decoder) throws {
      var parts = try decoder.unkeyedContainer()
      _ = try parts.decode(Double.self)
      let content = try parts.decode(Content.self)
      value = NativeHistogram(
        count: try Number.number(content.count, in: parts), sum: try Number.number(content.sum, in: parts),
        buckets: content.buckets?.count ?? 0)
    }
  }
}
