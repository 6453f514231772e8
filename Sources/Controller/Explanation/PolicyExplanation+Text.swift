import JSON
import KubernetesAPI
import Translator

extension PolicyExplanation {
  /// The explanation for a person at a terminal.
  package var text: String {
    var page = ExplanationPage()
    for gateway in gateways { page.add(gateway) }
    return page.text
  }
}

private struct ExplanationPage {
  /// How much of one value is shown.
  private static let maximumLines = 20
  private static let maximumWidth = 100

  private(set) var text = ""

  private mutating func line(_ indent: Int, _ content: String) {
    text += String(repeating: " ", count: indent) + content + "\n"
  }

  mutating func add(_ gateway: PolicyExplanation.Gateway) {
    if !text.isEmpty { line(0, "") }
    line(0, "Gateway \(gateway.name)")
    if gateway.listeners.isEmpty { line(2, "has no listeners") }
    for listener in gateway.listeners { add(listener) }
    guard !gateway.refused.isEmpty else { return }
    line(0, "")
    line(2, "refused, and left out:")
    for diagnostic in gateway.refused { line(4, diagnostic.description) }
  }

  private mutating func add(_ listener: PolicyExplanation.Listener) {
    line(0, "")
    let host = listener.hostname.map { "host \($0)" } ?? "every host"
    line(2, "listener \(listener.name): port \(listener.port), \(host)")
    if let fault = listener.fault {
      line(4, "is not served: \(fault)")
    } else if listener.values.isEmpty {
      line(4, "no policy has an effect here")
    }
    for field in listener.values {
      add(field)
      if let value = field.value { add(value) }
      if let note = field.note { line(6, "(\(note))") }
    }
    guard !listener.losses.isEmpty else { return }
    line(0, "")
    line(4, "set, and without effect:")
    for loss in listener.losses {
      add(loss.field, indent: 6)
      line(8, "HTTPListenerPolicy \(loss.winner) decides: \(loss.reason)")
    }
  }

  private mutating func add(_ field: PolicyExplanation.Field, indent: Int = 4) {
    line(indent, "\(field.path)  (HTTPListenerPolicy \(field.policy), \(field.file):\(field.line))")
  }

  private mutating func add(_ value: JSONValue) {
    let lines = YAMLText.encode(value).split(separator: "\n")
    for content in lines.prefix(Self.maximumLines) {
      line(6, content.count > Self.maximumWidth ? content.prefix(Self.maximumWidth - 3) + "..." : String(content))
    }
    if lines.count > Self.maximumLines { line(6, "... (\(lines.count - Self.maximumLines) more lines)") }
  }
}
