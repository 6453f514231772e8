import KubernetesAPI
import Translator

/// What is wrong with the settings of Envoy's statistics. Envoy reads them when it starts, and does not start with bad
/// ones.
enum StatsCheck {
  static func check(_ stats: GatewayParameters.Stats, _ faults: inout [FieldFault]) {
    let path = "spec.stats"
    if !stats.include.isEmpty, !stats.exclude.isEmpty {
      faults.add(path, "sets include and exclude; set only one of them")
    }
    check(stats.include, at: "\(path).include", &faults)
    check(stats.exclude, at: "\(path).exclude", &faults)
    FieldCheck.distinct(stats.tags.map(\.name), at: "\(path).tags", &faults)
    for (index, tag) in stats.tags.enumerated() { check(tag, at: "\(path).tags[\(index)]", &faults) }
  }

  private static func check(
    _ patterns: [GatewayParameters.StatsPattern], at path: String, _ faults: inout [FieldFault]
  ) {
    for (index, pattern) in patterns.enumerated() {
      let path = "\(path)[\(index)]"
      let isSet: KeyValuePairs = [
        "prefix": pattern.prefix != nil, "suffix": pattern.suffix != nil, "regex": pattern.regex != nil,
      ]
      guard FieldCheck.exactlyOne(of: isSet, at: path, &faults) else { continue }
      for (name, text) in [("prefix", pattern.prefix), ("suffix", pattern.suffix), ("regex", pattern.regex)]
      where text?.isEmpty == true {
        faults.add("\(path).\(name)", "is empty, which means every statistic; write a part of a name, as cluster.")
      }
      if let regex = pattern.regex, let fault = RegularExpression.fault(in: regex) {
        faults.add("\(path).regex", fault)
      }
    }
  }

  private static func check(_ tag: GatewayParameters.StatsTag, at path: String, _ faults: inout [FieldFault]) {
    if !isLabelName(tag.name) {
      faults.add("\(path).name", "\"\(tag.name)\" is no name of a label; use letters, digits, _ and ., as team")
    }
    guard FieldCheck.exactlyOne(of: ["value": tag.value != nil, "regex": tag.regex != nil], at: path, &faults),
      let regex = tag.regex
    else { return }
    if let fault = RegularExpression.fault(in: regex) {
      faults.add("\(path).regex", fault)
    } else if let fault = faultBesideRE2(in: regex) {
      faults.add("\(path).regex", "\"\(regex)\" \(fault)")
    }
  }

  private static func isLabelName(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 63 else { return false }
    return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
      && text.utf8.allSatisfy { ObjectSyntax.isAlphanumeric($0) || "_.".utf8.contains($0) }
  }

  /// Envoy cuts labels out of names with C++'s own regular expressions (ECMAScript's), so that only what means the same
  /// there as in RE2 is taken.
  private static func faultBesideRE2(in regex: String) -> String? {
    var hasGroup = false
    var bytes = Array(regex.utf8)[...]
    while let byte = bytes.popFirst() {
      switch byte {
      case UInt8(ascii: "\\"):
        guard let escaped = bytes.popFirst() else { break }
        if ObjectSyntax.isAlphanumeric(escaped), !"dDwWsSbBnt".utf8.contains(escaped) {
          return "has \\\(Character(Unicode.Scalar(escaped))), which is not known here; write it otherwise"
        }
      case UInt8(ascii: "("):
        if bytes.first != UInt8(ascii: "?") {
          hasGroup = true
        } else if !bytes.starts(with: "?:".utf8) {
          return "has a group with (?, of which only (?: is known here; write it otherwise"
        }
      default: break
      }
    }
    return hasGroup ? nil : "has no group; put what the label's value is in parentheses, as ^cluster\\.((.+?)\\.)"
  }
}
