import JSON
import KubernetesAPI

/// `spec.metrics` of a policy.
enum MetricsTranslation {
  private static let path = "spec.metrics"
  /// Each label multiplies the number of series.
  private static let maximumLabels = 5
  private static let maximumEndpoints = 64
  private static let modelRange = 1...10_000

  /// What a policy makes of that which its Gateway measures anyway; nil if there was a fault in it.
  ///
  /// - Parameter standard: what holds without the policy.
  static func settings(
    of metrics: HTTPListenerPolicy.Metrics, over standard: MetricsSettings, _ faults: inout [FieldFault]
  ) -> MetricsSettings? {
    let before = faults.count
    if metrics == HTTPListenerPolicy.Metrics() {
      faults.add(path, "sets nothing; set http, llm or labels, or remove it")
    }
    var settings = standard
    settings.measuresRequests = metrics.http ?? standard.measuresRequests
    if let llm = metrics.llm { apply(llm, to: &settings, &faults) }
    settings.labels = labels(metrics.labels, &faults)
    return faults.count == before ? settings : nil
  }

  // MARK: LLMs

  private static func apply(
    _ llm: HTTPListenerPolicy.Metrics.LLM, to settings: inout MetricsSettings, _ faults: inout [FieldFault]
  ) {
    if llm == HTTPListenerPolicy.Metrics.LLM() {
      faults.add("\(path).llm", "sets nothing; set enabled, maxModels or endpoints, or remove it")
    }
    var measured = settings.languageModels ?? LLMMetricsSettings()
    if let number = llm.maxModels {
      if modelRange.contains(number) {
        measured.maximumModels = number
      } else {
        faults.add(
          "\(path).llm.maxModels", "\(number) is not between \(modelRange.lowerBound) and \(modelRange.upperBound)")
      }
    }
    if let endpoints = llm.endpoints { measured.endpoints = self.endpoints(endpoints, &faults) }
    let isOn = llm.enabled ?? (settings.languageModels != nil)
    settings.languageModels = isOn ? measured : nil
  }

  private static func endpoints(
    _ endpoints: [HTTPListenerPolicy.Metrics.Endpoint], _ faults: inout [FieldFault]
  ) -> [LLMMetricsSettings.Endpoint] {
    let path = "\(path).llm.endpoints"
    if endpoints.isEmpty {
      faults.add(path, "is empty; name at least one, or set enabled to false in place of it")
    }
    if endpoints.count > maximumEndpoints {
      faults.add(path, "has \(endpoints.count) entries, and at most \(maximumEndpoints) are taken; remove some")
    }
    FieldCheck.distinct(endpoints.map(\.pathSuffix), at: path, &faults)
    return endpoints.enumerated().compactMap { index, endpoint in
      self.endpoint(endpoint, at: "\(path)[\(index)]", &faults)
    }
  }

  private static func endpoint(
    _ endpoint: HTTPListenerPolicy.Metrics.Endpoint, at path: String, _ faults: inout [FieldFault]
  ) -> LLMMetricsSettings.Endpoint? {
    let suffix = endpoint.pathSuffix
    let isSuffix =
      (suffix.hasPrefix("/") || suffix.hasPrefix(":")) && suffix.utf8.count > 1 && suffix.utf8.count <= 256
      && suffix.utf8.allSatisfy { (33...126).contains($0) && !"?#\"\\".utf8.contains($0) }
    if !isSuffix {
      faults.add(
        "\(path).pathSuffix",
        "\"\(suffix)\" is no end of a path; begin it with / or :, as /v1/chat/completions, and leave out the query")
    }
    let format: LLMMetricsSettings.Format? = FieldCheck.word(endpoint.format, at: "\(path).format", &faults)
    if let provider = endpoint.provider, !isLabelValue(provider) {
      faults.add("\(path).provider", "\"\(provider)\" is no name; use letters, digits, -, _ and ., as mistral")
    }
    guard let format, isSuffix else { return nil }
    return LLMMetricsSettings.Endpoint(
      pathSuffix: suffix, format: format, provider: endpoint.provider ?? format.rawValue.lowercased())
  }

  private static func isLabelValue(_ text: String) -> Bool {
    (1...63).contains(text.utf8.count) && text.utf8.allSatisfy { isLetterOrDigit($0) || "-_.".utf8.contains($0) }
  }

  // MARK: Labels

  private static func labels(
    _ labels: [HTTPListenerPolicy.Metrics.Label], _ faults: inout [FieldFault]
  ) -> [MetricsSettings.Label] {
    let path = "\(path).labels"
    if labels.count > maximumLabels {
      faults.add(path, "has \(labels.count) labels, and at most \(maximumLabels) are taken; remove some")
    }
    FieldCheck.distinct(labels.map(\.name), at: path, &faults)
    return labels.enumerated().compactMap { index, label in
      let path = "\(path)[\(index)]"
      check(label.name, at: "\(path).name", &faults)
      let isSet: KeyValuePairs = ["requestHeader": label.requestHeader != nil, "format": label.format != nil]
      guard FieldCheck.exactlyOne(of: isSet, at: path, &faults) else { return nil }
      if let header = label.requestHeader {
        return self.label(label.name, header, at: "\(path).requestHeader", &faults)
      }
      return label.format.flatMap { self.label(label.name, format: $0, at: "\(path).format", &faults) }
    }
  }

  private static func check(_ name: String, at path: String, _ faults: inout [FieldFault]) {
    if MetricTag.reserved.contains(name) {
      faults.add(path, "\"\(name)\" is a label that the metrics have already; choose another name")
    } else if !isLabelName(name) {
      faults.add(path, "\"\(name)\" is no name of a label; use letters, digits and _, as tenant")
    }
  }

  /// Prometheus keeps names that begin with two underscores for itself.
  private static func isLabelName(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 63, !text.hasPrefix("__") else { return false }
    return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
      && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
