import Fuzzing
import Testing

@testable import KubernetesClient

@Suite("Fuzzing kubeconfigs")
struct KubeconfigFuzzTests {
  /// Stands in the example as token and password; a message that has it gives a secret away.
  private static let secret = "hunter2hunter2"

  private static let text = """
    apiVersion: v1
    kind: Config
    current-context: token
    clusters:
    - name: east
      cluster:
        server: https://10.0.0.1:6443/
        certificate-authority-data: ZWFzdA==
    - name: lab
      cluster: {server: "http://localhost:8080/k8s/lab", insecure-skip-tls-verify: true, tls-server-name: api.lab}
    users:
    - name: robot
      user: {token: \(secret)}
    - name: certified
      user:
        client-certificate-data: Y2VydGlmaWNhdGU=
        client-key-data: \(secret)hunterA=
    - name: basic
      user: {username: me, password: \(secret)}
    - name: cloud
      user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: aws}}
    contexts:
    - {name: token, context: {cluster: east, user: robot, namespace: x}}
    - {name: certificate, context: {cluster: lab, user: certified}}
    - {name: anonymous, context: {cluster: lab, user: ""}}
    - {name: basic, context: {cluster: east, user: basic}}
    """

  @Test("a damaged one is an error that names the file, and no secret; or access to a server")
  func damaged() {
    let mutator = ByteMutator(
      corpus: [Self.text],
      dictionary: [
        "null", "~", "{}", "[]", "- ", ": ", "true", "user:", "cluster:", "token: ", "server: ", "https://",
        "http://[::1]",
        ":99999", "@", "?", "#", "exec: {}", "contexts:\n", "name: token", "\n", "  ", "'", "\"", "&a ", "*a",
      ])
    let contexts = [nil, "token", "certificate", "anonymous", "basic", "none"]
    let findings = Fuzzer("kubeconfig", cases: 1_500).run(mutator.mutant) { bytes, random in
      do throws(CredentialsError) {
        let config = try Kubeconfig(yaml: bytes, file: "/tmp/config")
        // Files that the kubeconfig names are not to be read here.
        let readsFiles =
          config.users.contains { !$0.value.tokenFile.isEmpty || !$0.value.clientKey.file.isEmpty }
          || config.users.contains { !$0.value.clientCertificate.file.isEmpty }
          || config.clusters.contains { !$0.value.certificateAuthority.file.isEmpty }
        if readsFiles { return .refused }
        let access = try config.access(context: random.choice(contexts) ?? nil)
        // As that of the server, whose name is no secret.
        let isName = Self.isNameOrKey(bytes)
        return "\(access)".contains(Self.secret) && !isName ? .fault("access prints a secret: \(access)") : .accepted
      } catch {
        if !error.source.hasPrefix("/tmp/config") { return .fault("the error names no file: \(error)") }
        // A name that the damage made of the secret is shown as any name is.
        let isName = Self.isNameOrKey(bytes)
        return error.description.contains(Self.secret) && !isName ? .fault("it shows a secret: \(error)") : .refused
      }
    }
    #expect(findings == [])
  }

  /// Whether the secret stands anywhere but behind its own keys.
  private static func isNameOrKey(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    let places = text.ranges(of: secret)
    return !places.allSatisfy { place in
      let before = text[..<place.lowerBound].suffix(24)
      return before.hasSuffix("token: ") || before.hasSuffix("password: ") || before.hasSuffix("client-key-data: ")
    } || text.contains("? ")
  }

  @Test("damaged addresses of servers never do more than fail, and what they become is an address again")
  func addresses() {
    let mutator = ByteMutator(
      corpus: [
        "https://10.0.0.1:6443", "http://localhost:8080/k8s/lab/", "api.example.com", "https://[2001:db8::1]:443/a%20b",
        "HTTPS://user:pw@host:1/p?q#f",
      ],
      dictionary: [
        "://", ":", "/", "//", "[", "]", "@", "?", "#", "%00", "%2F", "..", "0x7f.1", "%", "\u{0}", " ", "65536", "é",
      ])
    let findings = Fuzzer("server-address", cases: 3_000).run(mutator.mutant) { bytes, _ in
      guard let address = ServerAddress(String(decoding: bytes, as: UTF8.self)) else { return .refused }
      guard (1...65_535).contains(address.port), !address.host.isEmpty else { return .fault("\(address)") }
      return ServerAddress(address.description) == address ? .accepted : .fault("\(address) is no such address again")
    }
    #expect(findings == [])
  }
}
