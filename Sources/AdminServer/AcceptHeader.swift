import PrometheusMetrics

/// What a client wants to get (RFC 9110, section 12.5.1).
struct AcceptHeader {
  /// One of the types that are listed, with a wildcard or without.
  private struct Range {
    var type: Substring
    var subtype: Substring
    /// Names in small letters; without the weight.
    var parameters: [String: String] = [:]
    /// From 0, not at all, to 1.
    var weight = 1.0

    /// How much it says of the type that it is compared with: what says more counts.
    var precision: Int { (type == "*" ? 0 : 1) + (subtype == "*" ? 0 : 1) + parameters.count }
  }

  private let ranges: [Range]

  /// - Parameter fields: the values of the header's fields. What cannot be read in them is left out.
  init(_ fields: [String]) {
    ranges = fields.flatMap { Self.split($0[...], at: ",") }.compactMap(Self.range)
  }

  /// The form in which to answer: what is wanted most; text where nothing else is, or nothing is said.
  func preferred(among formats: [ExpositionFormat]) -> ExpositionFormat {
    var best = (format: ExpositionFormat.text, weight: weight(of: .text))
    for format in formats where weight(of: format) > best.weight { best = (format, weight(of: format)) }
    return best.format
  }

  private func weight(of format: ExpositionFormat) -> Double {
    let offered = format.mediaType
    let matching = ranges.filter { range in
      (range.type == "*" || range.type == offered.type) && (range.subtype == "*" || range.subtype == offered.subtype)
        && range.parameters.allSatisfy { name, value in
          // Of other parameters, as of Prometheus' way to escape names, it is not known that they matter.
          offered.parameters[name].map { $0 == value } ?? true
        } && (range.subtype == "*" || offered.required.allSatisfy { range.parameters[$0] != nil })
    }
    return matching.max { $0.precision < $1.precision }?.weight ?? 0
  }

  // MARK: Reading it

  private static func range(_ text: Substring) -> Range? {
    var parts = split(text, at: ";").map(trimmed)
    guard let name = parts.first else { return nil }
    parts.removeFirst()
    let names = name.lowercased().split(separator: "/", omittingEmptySubsequences: false)
    guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty, names[0] != "*" || names[1] == "*" else { return nil }
    var range = Range(type: names[0], subtype: names[1])
    for part in parts where !part.isEmpty {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
      guard pair.count == 2 else { return nil }
      let value = unquoted(pair[1])
      if pair[0].lowercased() == "q" {
        guard let weight = Double(value), (0...1).contains(weight) else { return nil }
        range.weight = weight
      } else {
        range.parameters[pair[0].lowercased()] = value
      }
    }
    return range
  }

  /// The parts between the separators that are in no quoted string.
  private static func split(_ text: Substring, at separator: Character) -> [Substring] {
    var parts: [Substring] = []
    var start = text.startIndex
    var (isQuoted, isEscaped) = (false, false)
    for index in text.indices {
      if isEscaped {
        isEscaped = false
      } else if isQuoted, text[index] == "\\" {
        isEscaped = true
      } else if text[index] == "\"" {
        isQuoted.toggle()
      } else if !isQuoted, text[index] == separator {
        parts.append(text[start..<index])
        start = text.index(after: index)
      }
    }
    return parts + [text[start...]]
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    var text = text.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text.removeLast() }
    return text
  }

  private static func unquoted(_ text: Substring) -> String {
    guard text.count >= 2, text.first == "\"", text.last == "\"" else { return String(text) }
    var value = ""
    var isEscaped = false
    for character in text.dropFirst().dropLast() {
      if character == "\\", !isEscaped {
        isEscaped = true
      } else {
        value.append(character)
        isEscaped = false
      }
    }
    return value
  }
}

extension ExpositionFormat {
  /// Its type, with the parameters by which it is recognised, and those without which another form is meant.
  fileprivate var mediaType: (type: String, subtype: String, parameters: [String: String], required: [String]) {
    switch self {
    case .text: ("text", "plain", ["version": "0.0.4", "charset": "utf-8"], [])
    case .protobuf:
      (
        "application", "vnd.google.protobuf",
        ["proto": "io.prometheus.client.MetricFamily", "encoding": "delimited"], ["proto", "encoding"]
      )
    }
  }
}
