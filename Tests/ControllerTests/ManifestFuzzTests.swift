import Controller
import Fuzzing
import KubernetesAPI
import Testing
import Translator

@Suite("Fuzzing files of manifests")
struct ManifestFuzzTests {
  private static let words = [
    "\n---\n", "kind: List\nitems:\n- ", "apiVersion: ", "kind: ", "metadata:\n", "name: ", "namespace: ", "spec:\n",
    "- ",
    ": ", "{}", "[]", "null", "'", "\"", "&a ", "*a", "<<: *a", "  ", "\t", "targetRefs:\n", "Gateway", "0", "true",
  ]

  private static func mutator() -> ByteMutator {
    let corpus = FuzzCorpus.files("Tests/ControllerTests", "Tests/TranslatorTests/Golden", "deploy", suffix: ".yaml")
    return ByteMutator(corpus: corpus.map(\.bytes), dictionary: words)
  }

  @Test("a damaged file gives objects with their places, and complaints at places in it, whatever it is")
  func files() {
    let mutator = Self.mutator()
    let findings = Fuzzer("manifest", cases: 1_000).run(mutator.mutant) { bytes, _ in
      let file = ManifestFile(path: "a.yaml", bytes: bytes)
      let lines =
        String(decoding: bytes, as: UTF8.self).unicodeScalars.count {
          "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0)
        } + 2
      for diagnostic in file.diagnostics {
        guard (1...lines).contains(diagnostic.line), diagnostic.column >= 1, !diagnostic.message.isEmpty else {
          return .fault("a complaint outside of the file: \(diagnostic)")
        }
      }
      for entry in file.entries where !(1...lines).contains(entry.position(of: "spec.listeners[0].name").line) {
        return .fault("\(entry.object.reference) stands outside of the file")
      }
      if file.isTorn, file.diagnostics.isEmpty { return .fault("torn without a complaint") }
      return file.diagnostics.isEmpty ? .accepted : .refused
    }
    #expect(findings == [])
  }

  @Test("what is read of it is judged and translated, and every complaint can be told")
  func judged() {
    let mutator = Self.mutator()
    let settings = TranslatorSettings(
      staticClusters: [StaticCluster(name: "otel-collector", host: "collector", port: 4317)])
    let findings = Fuzzer("manifest-check", cases: 250).run(mutator.mutant) { bytes, _ in
      let file = ManifestFile(path: "a.yaml", bytes: bytes)
      let check = ManifestCheck(file: file, builtIn: [Objects.gatewayClass("kgateway")], settings: settings)
      guard check.diagnostics.allSatisfy({ $0.line >= 0 && !$0.message.isEmpty }) else {
        return .fault("\(check.diagnostics)")
      }
      let again = ManifestCheck(file: file, builtIn: [Objects.gatewayClass("kgateway")], settings: settings)
      guard again.translations.map(\.translation) == check.translations.map(\.translation) else {
        return .fault("translated differently a second time")
      }
      return check.diagnostics.isEmpty ? .accepted : .refused
    }
    #expect(findings == [])
  }
}
