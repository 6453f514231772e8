import JSON
import RealComponents
import Testing

extension EndToEnd {
  @Suite("files that are broken while it runs")
  struct BrokenFiles {
    @Test("a file that is no YAML keeps what it gave before; the log says where, and when it is well again")
    func brokenYAML() async throws {
      try await StandaloneHarness.run { standalone in
        let guide = try standalone.manifests.read("access-logging.yaml")
        try standalone.manifests.write(
          guide.replacing(#"method: "%REQ(:METHOD)%""#, with: #"method: "%REQ(:METHOD)%"#), to: "access-logging.yaml")
        let file = standalone.manifests.path("access-logging.yaml")
        let line = try await standalone.logLine("error", "\(file):18:", "stays in force")
        #expect(line.wholeMatch(of: #/.*\/access-logging\.yaml:18:\d+: .+/#) != nil, "\(line)")
        try await checkAccessLog(of: "/broken", standalone)

        try standalone.manifests.write(
          guide.replacing("        method:", with: "        mended: \"yes\"\n        method:"),
          to: "access-logging.yaml")
        try await standalone.logLine("\(file) is well again")
        try await standalone.eventually("the access log shows the mended file") {
          _ = try await standalone.get("/mended")
          return standalone.process.output.lines.contains { $0.contains(#""mended":"yes""#) }
        }
      }
    }

    @Test("a file that is half-written changes nothing until it is whole")
    func halfWritten() async throws {
      try await StandaloneHarness.run { standalone in
        let whole = try standalone.manifests.read("access-logging.yaml")
          .replacing("        method:", with: "        edited: \"yes\"\n        method:")
        let cut = try #require(whole.firstRange(of: "%RESPONSE_FL")?.upperBound)
        try standalone.manifests.writeInPlace(String(whole[..<cut]), to: "access-logging.yaml")
        try await standalone.logLine("error", "access-logging.yaml:", "stays in force")
        try await checkAccessLog(of: "/half", standalone)

        try standalone.manifests.writeInPlace(whole, to: "access-logging.yaml")
        try await standalone.eventually("the access log shows the whole file") {
          _ = try await standalone.get("/whole")
          return standalone.process.output.lines.contains { $0.contains(#""edited":"yes""#) }
        }
      }
    }

    @Test("a field that does not exist keeps the object as it was, and the other objects of the file go on")
    func unknownField() async throws {
      try await StandaloneHarness.run { ports in
        let files = try Examples.all(ports)
        return ["all.yaml": files.sorted { $0.key < $1.key }.map(\.value).joined(separator: "---\n")]
      } _: { standalone in
        let good = try standalone.manifests.read("all.yaml")
        try standalone.manifests.write(
          good.replacing("fileSink:", with: "fileSinc:").replacing("samplingRate: 100 ", with: "samplingRate: 0 "),
          to: "all.yaml")
        try await standalone.logLine("HTTPListenerPolicy kgateway-system/access-logging", "spec.accessLog[0].fileSinc")
        try await standalone.eventually("the policy beside it samples no traces") {
          try await standalone.get("/rate").sentUpstream("x-b3-sampled") == ["0"]
        }
        try await checkAccessLog(of: "/unknown-field", standalone)
      }
    }

    /// A request is answered, and its line in the access log is as the guide's policy makes it.
    private func checkAccessLog(of path: String, _ standalone: StandaloneHarness) async throws {
      #expect(try await standalone.get(path).status == 200)
      guard case .object(let members) = try await standalone.accessLogLine(ofPath: path) else { return }
      #expect(members.map(\.key).sorted() == GuideText.accessLogKeys)
    }
  }
}
