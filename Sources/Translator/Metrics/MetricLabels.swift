import KubernetesAPI

/// The labels that a policy adds, as format strings of Envoy.
extension MetricsTranslation {
  /// A client's text is cut here, in bytes.
  private static let maximumLength = 64
  private static let maximumValues = 64

  /// A label with the value of a request header: one of those that are listed, or `other`; without a list, each.
  static func label(
    _ name: String, _ header: HTTPListenerPolicy.Metrics.RequestHeader, at path: String,
    _ faults: inout [FieldFault]
  ) -> MetricsSettings.Label? {
    guard let known = FieldCheck.header(header.name, at: "\(path).name", allowsPseudoHeader: true, &faults) else {
      return nil
    }
    let field = known.lowercased()
    guard !header.values.isEmpty else {
      return MetricsSettings.Label(name: name, format: "%REQ(\(field)):\(maximumLength)%", isClosed: false)
    }
    if header.values.count > maximumValues {
      faults.add(
        "\(path).values", "has \(header.values.count) values, and at most \(maximumValues) are taken; remove some")
    }
    FieldCheck.distinct(header.values, at: "\(path).values", &faults)
    for (index, value) in header.values.enumerated() where !isPlain(value) {
      faults.add(
        "\(path).values[\(index)]",
        "\"\(value)\" cannot be a label's value here; use up to \(maximumLength) printable characters other than "
          + "', \\ and %")
    }
    let list = header.values.map { "'\($0)'" }.joined(separator: ",")
    let value = "request.headers['\(field)']"
    return MetricsSettings.Label(
      name: name, format: "%CEL('\(field)' in request.headers && \(value) in [\(list)] ? \(value) : 'other')%",
      isClosed: true)
  }

  /// A label with what an operator of the access logs gives.
  static func label(
    _ name: String, format: String, at path: String, _ faults: inout [FieldFault]
  ) -> MetricsSettings.Label? {
    if format.isEmpty { faults.add(path, "is empty; write an operator, as %ENVIRONMENT(REGION)%") }
    guard FieldCheck.format(format, at: path, &faults) != nil else { return nil }
    return MetricsSettings.Label(name: name, format: format, isClosed: false)
  }

  /// Stands between quotes in an expression, and within an operator.
  private static func isPlain(_ text: String) -> Bool {
    (1...maximumLength).contains(text.utf8.count)
      && text.utf8.allSatisfy { (32...126).contains($0) && !"'\\%".utf8.contains($0) }
  }
}
