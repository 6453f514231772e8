import RealComponents

/// The series of a proxy's own Prometheus page.
struct ProxyMetrics {
  struct Series: Hashable {
    let name: String
    let labels: [String: String]
    let value: Double
  }

  let series: [Series]
  /// By the name of the metric, what its TYPE line says.
  let types: [String: String]

  /// Reads Prometheus' text format, as far as Envoy writes it: no label's value here has a quote in it.
  init(_ text: String) {
    let lines = text.split(separator: "\n")
    series = lines.filter { !$0.hasPrefix("#") }.compactMap(Self.series)
    types = Dictionary(
      lines.filter { $0.hasPrefix("# TYPE ") }.compactMap { line in
        let words = line.split(separator: " ")
        return words.count == 4 ? (String(words[2]), String(words[3])) : nil
      }, uniquingKeysWith: { first, _ in first })
  }

  private static func series(_ line: Substring) -> Series? {
    guard let end = line.lastIndex(of: " "), let value = Double(line[line.index(after: end)...]) else { return nil }
    let key = line[..<end]
    let name = key.prefix { $0 != "{" }
    let labels = key.matches(of: /([A-Za-z_][A-Za-z0-9_]*)="([^"]*)"/).map { (String($0.1), String($0.2)) }
    return Series(name: String(name), labels: Dictionary(labels, uniquingKeysWith: { $1 }), value: value)
  }

  /// The page of the Envoy whose admin interface is on the port.
  static func of(adminPort port: Int) async throws -> ProxyMetrics {
    ProxyMetrics(try await HTTPConnection.get(port: port, "/stats/prometheus").body)
  }

  /// The series of a metric that have all of these labels.
  func all(_ name: String, _ labels: [String: String] = [:]) -> [Series] {
    series.filter { series in series.name == name && labels.allSatisfy { series.labels[$0.key] == $0.value } }
  }

  /// The sum of them.
  func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
    all(name, labels).reduce(0) { $0 + $1.value }
  }
}
