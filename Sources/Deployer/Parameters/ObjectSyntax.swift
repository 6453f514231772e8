import Translator

/// What Kubernetes allows in names, labels and annotations. It would refuse the whole object for one of them.
enum ObjectSyntax {
  /// A DNS-1123 subdomain: what most names are.
  static func isSubdomain(_ text: String) -> Bool {
    text.utf8.count <= 253
      && text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        .allSatisfy { isLabel($0) }
  }

  /// A DNS-1035 label: what the name of a Service is.
  static func isServiceName(_ text: String) -> Bool {
    text.utf8.count <= 63 && text.utf8.first.map(isLowerCase) == true && isLabel(text.utf8[...])
  }

  /// The key of a label or an annotation: `app`, `example.com/app`.
  static func isKey(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard let name = parts.last, parts.count <= 2 else { return false }
    if parts.count == 2, !isSubdomain(String(Substring(parts[0]))) { return false }
    return !name.isEmpty && isLabelText(name)
  }

  /// The value of a label.
  static func isLabelValue(_ text: String) -> Bool { isLabelText(text.utf8[...]) }

  /// At most 63 letters, digits, `-`, `_` and `.`; a letter or a digit at both ends.
  private static func isLabelText(_ text: Substring.UTF8View) -> Bool {
    guard let first = text.first, let last = text.last else { return true }
    return text.count <= 63 && isAlphanumeric(first) && isAlphanumeric(last)
      && text.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
  }

  private static func isLabel(_ text: Substring.UTF8View) -> Bool {
    guard let first = text.first, let last = text.last else { return false }
    let isPlain = { isLowerCase($0) || isDigit($0) }
    return text.count <= 63 && isPlain(first) && isPlain(last)
      && text.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "-") }
  }

  private static func isLowerCase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  static func isAlphanumeric(_ byte: UInt8) -> Bool { isLowerCase(byte | 0x20) || isDigit(byte) }
}

extension [FieldFault] {
  /// Tells which of some labels Kubernetes would not take, or are reserved.
  mutating func addFaults(
    ofLabels labels: [String: String], at path: String, reserved: Set<String> = ObjectLabels.reserved
  ) {
    for (key, value) in labels.sorted(by: { $0.key < $1.key }) {
      addFault(ofKey: key, what: "label", at: path, reserved)
      if !ObjectSyntax.isLabelValue(value) {
        add(
          "\(path)[\"\(key)\"]",
          "\"\(value)\" is no value of a label; use at most 63 letters, digits, -, _ and ., as canary")
      }
    }
  }

  /// Tells which of some annotations Kubernetes would not take, or are reserved.
  mutating func addFaults(
    ofAnnotations annotations: [String: String], at path: String,
    reserved: Set<String> = ObjectLabels.reservedAnnotations
  ) {
    for key in annotations.keys.sorted() { addFault(ofKey: key, what: "annotation", at: path, reserved) }
  }

  private mutating func addFault(ofKey key: String, what: String, at path: String, _ reserved: Set<String>) {
    if !ObjectSyntax.isKey(key) {
      add(
        path,
        "\"\(key)\" is no key of \(what == "annotation" ? "an" : "a") \(what); write one as team or example.com/team")
    } else if reserved.contains(key) {
      add("\(path)[\"\(key)\"]", "the operator itself sets this \(what); remove it")
    }
  }
}
