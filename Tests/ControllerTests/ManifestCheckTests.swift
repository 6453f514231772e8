import Controller
import EnvoyAPI
import KubernetesAPI
import Testing
import Translator

@Suite("Manifests judged offline")
struct ManifestCheckTests {
  /// The complaints about these files, without the folder's path.
  private func complaints(_ files: String..., builtIn: [KubernetesObject] = [Objects.gatewayClass("kgateway")]) throws
    -> [String]
  {
    let disk = try TemporaryFolder()
    for (index, text) in files.enumerated() { try disk.write(text, to: "\(index).yaml") }
    let settings = TranslatorSettings(
      staticClusters: [StaticCluster(name: "otel-collector", host: "collector", port: 4317)])
    return ManifestCheck(root: disk.path, builtIn: builtIn, settings: settings).diagnostics
      .map { String($0.description.dropFirst(disk.path.count + 1)) }
  }

  private func complaint(of policy: String) throws -> String {
    let all = try complaints(Manifests.documents(Manifests.gateway), policy)
    #expect(all.count == 1, "\(all)")
    return all.first ?? ""
  }

  @Test("good manifests give no complaint and a translation")
  func good() throws {
    let disk = try TemporaryFolder()
    try disk.write(
      Manifests.documents(Manifests.gateway, Manifests.service, Manifests.route, Manifests.fileLog()), to: "a.yaml")
    let check = ManifestCheck(root: disk.path, builtIn: [Objects.gatewayClass("kgateway")], settings: .init())
    #expect(check.diagnostics.isEmpty)
    #expect(check.translations.map(\.gateway.description) == ["shop/web"])
    #expect(check.translations.first?.translation.configuration.clusters.map(\.name) == ["cluster~shop~cart~80"])
  }

  @Test("a static cluster that does not exist, with those that do")
  func unknownCluster() throws {
    let policy = Manifests.policy("accessLog:\n- grpcService:\n    logName: x\n    staticClusterName: otel-colector")
    #expect(
      try complaint(of: policy)
        == "1.yaml:14:26: HTTPListenerPolicy shop/logs: spec.accessLog[0].grpcService.staticClusterName: "
        + "unknown static cluster \"otel-colector\"; did you mean \"otel-collector\"? known: otel-collector")
  }

  @Test("an operator that does not exist, with its key and the nearest right one")
  func unknownOperator() throws {
    let policy = Manifests.fileLog().replacing("%REQ(:METHOD)%", with: "%RESPONS_CODE%")
    let text = try complaint(of: policy)
    #expect(
      text.hasPrefix("1.yaml:15:17: HTTPListenerPolicy shop/logs: spec.accessLog[0].fileSink.jsonFormat.method: "))
    #expect(text.contains("RESPONS_CODE") && text.contains("RESPONSE_CODE"))
  }

  @Test("a format string with an unbalanced percent sign")
  func unbalanced() throws {
    let text = try complaint(of: Manifests.fileLog().replacing("%REQ(:METHOD)%", with: "%REQ(:METHOD)"))
    #expect(
      text.hasPrefix("1.yaml:15:17: HTTPListenerPolicy shop/logs: spec.accessLog[0].fileSink.jsonFormat.method: "))
    #expect(text.contains("%"))
  }

  @Test("a sampling rate beyond 100")
  func samplingRate() throws {
    let policy = Manifests.policy("tracing:\n  samplingRate: 140\n  provider:\n    otel:\n      grpcAddress: a:4317")
    #expect(
      try complaint(of: policy)
        == "1.yaml:12:19: HTTPListenerPolicy shop/logs: spec.tracing.samplingRate: 140 is not a percentage; "
        + "use a number from 0 to 100, as 10 for one trace in ten")
  }

  @Test("a target Gateway that does not exist, with those that do")
  func missingTarget() throws {
    #expect(
      try complaint(of: Manifests.fileLog(target: "wbe"))
        == "1.yaml:10:11: HTTPListenerPolicy shop/logs: spec.targetRefs[0].name: Gateway shop/wbe does not exist; "
        + "create it, or name a Gateway in the policy's namespace (there is: web)")
  }

  @Test("the fields of a policy are judged though its Gateway is not among the manifests")
  func policyAlone() throws {
    let all = try complaints(Manifests.fileLog().replacing("%REQ(:METHOD)%", with: "%RESPONS_CODE%"))
    #expect(all.count == 2)
    #expect(all.contains { $0.contains("spec.targetRefs[0].name: Gateway shop/web does not exist") })
    #expect(all.contains { $0.contains("spec.accessLog[0].fileSink.jsonFormat.method: unknown operator") })
  }

  @Test("a target Gateway of another controller's class, with what to set")
  func foreignClass() throws {
    let gateway = Manifests.gateway.replacing("gatewayClassName: kgateway", with: "gatewayClassName: theirs")
    #expect(
      try complaints(
        gateway, Manifests.fileLog(),
        builtIn: [
          Objects.gatewayClass("kgateway"), Objects.gatewayClass("theirs", controller: "example.com/theirs"),
        ]) == [
          "1.yaml:10:11: HTTPListenerPolicy shop/logs: spec.targetRefs[0].name: Gateway shop/web is of class "
            + "\"theirs\", which example.com/theirs serves, not kgateway.dev/kgateway; set the Gateway's "
            + "gatewayClassName to kgateway"
        ])
  }

  @Test("a route to a Service that does not exist")
  func missingService() throws {
    #expect(
      try complaints(Manifests.gateway, Manifests.route) == [
        "1.yaml:11:13: HTTPRoute shop/cart: spec.rules[0].backendRefs[0].name: the Service shop/cart does not exist; "
          + "create it, or correct the name"
      ])
  }

  @Test(
    "a value of the wrong type, with the advice to quote it",
    arguments: [
      ("yes", "a boolean"), ("on", "a boolean"), ("0777", "a number"), ("1e3", "a number"), ("12", "a number"),
    ])
  func types(value: String, found: String) throws {
    #expect(
      try complaint(of: Manifests.fileLog(to: value))
        == "1.yaml:13:13: HTTPListenerPolicy shop/logs: spec.accessLog[0].fileSink.path: expected a string, "
        + "found \(found); quote it: \"\(value)\"")
  }

  @Test("a field that does not exist")
  func unknownField() throws {
    let policy = Manifests.fileLog().replacing("jsonFormat:", with: "jsonformat:")
    #expect(
      try complaint(of: policy)
        == "1.yaml:14:7: HTTPListenerPolicy shop/logs: spec.accessLog[0].fileSink.jsonformat: unknown field; remove it "
        + "or correct its name")
  }

  @Test("broken YAML")
  func brokenYAML() throws {
    let all = try complaints(Manifests.gateway, "metadata:\n  name: [a\n")
    #expect(all.count == 1)
    #expect(all.first?.hasPrefix("1.yaml:3:1: ") == true, "\(all)")
  }

  @Test("an object in two files; the first is judged, as the control plane would use it")
  func twoFiles() throws {
    let all = try complaints(Manifests.gateway, Manifests.fileLog(), Manifests.fileLog(target: "nowhere"))
    #expect(all.count == 1)
    #expect(all.first?.hasPrefix("2.yaml:4:9: HTTPListenerPolicy shop/logs: the object is in ") == true)
  }

  @Test("a folder that is not there")
  func noFolder() {
    let check = ManifestCheck(root: "/nonexistent", builtIn: [], settings: .init())
    #expect(
      check.diagnostics.map(\.description)
        == ["/nonexistent:1:1: cannot be read; check that it exists, and its permissions"])
  }
}
