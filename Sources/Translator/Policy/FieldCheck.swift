import SwiftProtobuf

/// Checks that many fields have in common. Each tells what is wrong, and returns nil then.
package enum FieldCheck {
  /// A number that Envoy holds in 32 bits without a sign.
  static func unsigned(_ number: Int, at path: String, minimum: Int = 0, _ faults: inout [FieldFault]) -> UInt32? {
    guard number >= minimum, let value = UInt32(exactly: number) else {
      faults.add(path, "\(number) is out of range; use a whole number from \(minimum) to \(UInt32.max)")
      return nil
    }
    return value
  }

  /// One of a few words.
  package static func word<Word: RawRepresentable & CaseIterable>(
    _ text: String, at path: String, _ faults: inout [FieldFault]
  ) -> Word? where Word.RawValue == String {
    if let word = Word(rawValue: text) { return word }
    faults.add(path, unknown(text, known: Word.allCases.map(\.rawValue)))
    return nil
  }

  /// `"Overwrit" is unknown; did you mean Overwrite? known: ...`.
  package static func unknown(_ text: String, known: [String]) -> String {
    let lowercased = Dictionary(known.map { ($0.lowercased(), $0) }) { first, _ in first }
    let nearest = nearestName(to: text.lowercased(), among: lowercased.keys).flatMap { lowercased[$0] }
    let question = nearest.map { "did you mean \($0)? " } ?? ""
    return "\"\(text)\" is unknown; \(question)known: \(known.joined(separator: ", "))"
  }

  /// Words of which none is to be there twice; the CRD has them as sets.
  package static func distinct(_ words: [String], at path: String, _ faults: inout [FieldFault]) {
    var known: Set<String> = []
    for (index, word) in words.enumerated() where !known.insert(word).inserted {
      faults.add("\(path)[\(index)]", "\"\(word)\" is there twice; keep one")
    }
  }

  /// The name of a header.
  static func header(
    _ name: String, at path: String, allowsPseudoHeader: Bool = false, _ faults: inout [FieldFault]
  ) -> String? {
    guard HeaderName.isValid(name, allowsPseudoHeader: allowsPseudoHeader) else {
      faults.add(path, "\"\(name)\" is no name of a header, as x-request-id")
      return nil
    }
    return name
  }

  /// A text with format operators.
  static func format(_ text: String, at path: String, _ faults: inout [FieldFault]) -> String? {
    do throws(FormatStringError) {
      _ = try FormatString(parsing: text)
      return text
    } catch {
      faults.add(path, error.description)
      return nil
    }
  }

  /// Whether a text may stand in a header's value: Envoy refuses these three characters (`HTTP_HEADER_VALUE`).
  static func isHeaderValue(_ text: String) -> Bool {
    !text.utf8.contains { $0 == 0 || $0 == 10 || $0 == 13 }
  }

  /// Several settings of which exactly one is to be made.
  ///
  /// - Parameters:
  ///   - isSet: by name, in the order of the schema.
  ///   - hint: what helps somebody who has set none.
  package static func exactlyOne(
    of isSet: KeyValuePairs<String, Bool>, at path: String, hint: String? = nil, _ faults: inout [FieldFault]
  ) -> Bool {
    let set = isSet.filter(\.value).map(\.key)
    let names = isSet.map(\.key)
    switch set.count {
    case 1: return true
    case 0: faults.add(path, "sets none of \(names.joined(separator: ", ")); set one\(hint.map { " (\($0))" } ?? "")")
    default: faults.add(path, "sets \(set.joined(separator: " and ")); set only one of them")
    }
    return false
  }
}
