import FoundationEssentials
import RealComponents
import Testing

@testable import KubernetesClient

@Suite("Credentials from a kubeconfig")
struct KubeconfigTests {
  static let text = """
    apiVersion: v1
    kind: Config
    current-context: token
    preferences: {}
    clusters:
    - name: east
      cluster:
        server: https://10.0.0.1:6443/
        certificate-authority-data: \(Data("east's authority".utf8).base64EncodedString())
    - name: west
      cluster:
        server: https://west.example
        certificate-authority: pki/ca.crt
        tls-server-name: api.west
    - name: lab
      cluster: {server: "http://localhost:8080/k8s/lab", insecure-skip-tls-verify: true}
    users:
    - name: robot
      user: {token: s3cret}
    - name: rotating
      user: {tokenFile: token, token: old}
    - name: certified
      user:
        client-certificate-data: \(Data("certificate".utf8).base64EncodedString())
        client-key: pki/key.pem
    - name: half
      user: {client-certificate-data: eA==}
    - name: cloud
      user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: aws}}
    - name: legacy
      user: {auth-provider: {name: gcp}}
    - name: basic
      user: {username: me, password: hunter2}
    contexts:
    - {name: token, context: {cluster: east, user: robot, namespace: x}}
    - {name: rotating, context: {cluster: west, user: rotating}}
    - {name: certificate, context: {cluster: west, user: certified}}
    - {name: half, context: {cluster: west, user: half}}
    - {name: anonymous, context: {cluster: lab, user: ""}}
    - {name: cloud, context: {cluster: east, user: cloud}}
    - {name: legacy, context: {cluster: east, user: legacy}}
    - {name: basic, context: {cluster: east, user: basic}}
    - {name: lost, context: {cluster: north, user: robot}}
    - {name: nobody, context: {cluster: east, user: ghost}}
    """

  /// A folder with the kubeconfig and the files that it names.
  func withFiles<Result>(_ body: (TemporaryFolder) async throws -> Result) async throws -> Result {
    try await withTemporaryFolder { folder in
      _ = try folder.write(Self.text, to: "config")
      _ = try folder.write("west's authority", to: "pki/ca.crt")
      _ = try folder.write("key", to: "pki/key.pem")
      _ = try folder.write("first\n", to: "token")
      return try await body(folder)
    }
  }

  func find(
    _ folder: TemporaryFolder, context: String? = nil, file: String = "config"
  ) throws -> ClusterAccess {
    try ClusterAccess.find(kubeconfig: folder.path(file), context: context, environment: [:])
  }

  /// The error of a context, with the folder's name taken out.
  func problem(_ folder: TemporaryFolder, context: String? = nil, file: String = "config") throws -> String {
    let error = #expect(throws: CredentialsError.self) { try find(folder, context: context, file: file) }
    let text = try #require(error).description
    #expect(!text.contains("\n"))
    return text.replacing(folder.path, with: "DIR")
  }

  @Test("the current context, with a token and the authority in the file")
  func token() async throws {
    try await withFiles { folder in
      let access = try find(folder)
      #expect(access.server.description == "https://10.0.0.1:6443")
      #expect(access.tls.certificateAuthority == Array("east's authority".utf8))
      #expect(access.tls.clientIdentity == nil)
      #expect(try access.authorization.headerValue() == "Bearer s3cret")
      #expect(!"\(access)".contains("s3cret"))
    }
  }

  @Test("paths are relative to the kubeconfig, and a token's file is read again when it changes")
  func rotatingToken() async throws {
    try await withFiles { folder in
      let access = try find(folder, context: "rotating")
      #expect(access.server.description == "https://west.example:443")
      #expect(access.tls.certificateAuthority == Array("west's authority".utf8))
      #expect(access.tls.serverName == "api.west")
      #expect(try access.authorization.headerValue() == "Bearer first")
      _ = try folder.write("second", to: "token")
      #expect(try access.authorization.headerValue() == "Bearer second")
    }
  }

  @Test("a client certificate with its key")
  func certificate() async throws {
    try await withFiles { folder in
      let identity = try find(folder, context: "certificate").tls.clientIdentity
      #expect(
        identity == TLSSettings.ClientIdentity(certificate: Array("certificate".utf8), key: Array("key".utf8)))
    }
  }

  @Test("a context without a user, and without verification")
  func anonymous() async throws {
    try await withFiles { folder in
      let access = try find(folder, context: "anonymous")
      #expect(access.server.description == "http://localhost:8080/k8s/lab")
      #expect(access.tls.skipsVerification)
      #expect(try access.authorization.headerValue() == nil)
    }
  }

  @Test(
    "what is missing or not supported is one line that says what to do",
    arguments: [
      (
        "half",
        #"DIR/config: user "half": client-key is missing (a client certificate needs its key; set client-key or client-key-data)"#
      ),
      (
        "cloud",
        #"DIR/config: user "cloud": exec (a credential plugin) is not supported (use a token, a tokenFile or a client certificate; `kubectl create token` makes a token)"#
      ),
      (
        "legacy",
        #"DIR/config: user "legacy": auth-provider is not supported (use a token, a tokenFile or a client certificate; `kubectl create token` makes a token)"#
      ),
      (
        "basic",
        #"DIR/config: user "basic": a username with a password is not supported (use a token, a tokenFile or a client certificate; `kubectl create token` makes a token)"#
      ),
      (
        "lost",
        #"DIR/config: context "lost" names the cluster "north", which is not defined (there is east, west, lab)"#
      ),
      (
        "prod",
        #"DIR/config: context "prod" is not defined (choose one with --context: token, rotating, certificate, half, anonymous, cloud, legacy, basic, lost, nobody)"#
      ),
    ])
  func problems(context: String, text: String) async throws {
    try await withFiles { folder in
      let problem = try problem(folder, context: context)
      #expect(problem == text)
    }
  }

  @Test("files that are not there are named with who names them")
  func missingFiles() async throws {
    try await withTemporaryFolder { folder in
      _ = try folder.write(Self.text, to: "config")
      #expect(try problem(folder, file: "none") == "DIR/none: cannot be read: No such file or directory")
      #expect(
        try problem(folder, context: "certificate")
          == #"DIR/pki/ca.crt: cannot be read: No such file or directory (named as certificate-authority by cluster "west" in DIR/config)"#
      )
    }
  }

  @Test("a file that is no kubeconfig is told with line and column, and without its values")
  func malformed() async throws {
    try await withTemporaryFolder { folder in
      _ = try folder.write("clusters: [\n", to: "broken")
      _ = try folder.write("users:\n- name: a\n  user:\n    token: 12345\n", to: "number")
      _ = try folder.write("", to: "empty")
      #expect(try problem(folder, file: "broken").hasPrefix("DIR/broken:"))
      #expect(
        try problem(folder, file: "number")
          == "DIR/number:4:12: users[0].user.token: expected a string, found a number (quote it)")
      #expect(try problem(folder, file: "empty").hasPrefix("DIR/empty: current-context is not set"))
    }
  }

  @Test(
    "an address that cannot be used is refused, without telling a password in it",
    arguments: ["https://me:hunter2@host", "ftp://host", "https://", "https://host:port", "https://host/?x=y"])
  func addresses(server: String) async throws {
    try await withTemporaryFolder { folder in
      let text = """
        current-context: a
        clusters: [{name: a, cluster: {server: "\(server)"}}]
        contexts: [{name: a, context: {cluster: a}}]
        """
      _ = try folder.write(text, to: "config")
      #expect(
        try problem(folder)
          == #"DIR/config: cluster "a": server is no http or https address (write it as https://HOST:PORT)"#)
    }
  }

  @Test("a token that would break out of its header is refused")
  func injectedHeader() async throws {
    try await withTemporaryFolder { folder in
      let text = """
        current-context: a
        clusters: [{name: a, cluster: {server: "https://host"}}]
        users: [{name: a, user: {token: "x\\r\\nImpersonate-User: admin"}}]
        contexts: [{name: a, context: {cluster: a, user: a}}]
        """
      _ = try folder.write(text, to: "config")
      #expect(try problem(folder).contains("token holds a character that no token has"))
    }
  }

  @Test("several files in $KUBECONFIG are merged, the first of a name counting; missing ones are passed over")
  func merged() async throws {
    try await withFiles { folder in
      let other = """
        current-context: other
        clusters: [{name: east, cluster: {server: "https://never"}}, {name: south, cluster: {server: "https://south"}}]
        contexts: [{name: other, context: {cluster: south}}, {name: token, context: {cluster: south}}]
        """
      _ = try folder.write(other, to: "other")
      let paths = ["none", "config", "other"].map(folder.path).joined(separator: ":")
      func server(_ context: String?) throws -> String {
        try ClusterAccess.find(kubeconfig: nil, context: context, environment: ["KUBECONFIG": paths]).server.description
      }
      #expect(try server(nil) == "https://10.0.0.1:6443")
      #expect(try server("other") == "https://south:443")
      #expect(throws: CredentialsError.self) {
        try ClusterAccess.find(kubeconfig: nil, environment: ["KUBECONFIG": folder.path("none")])
      }
    }
  }

  @Test("without a name, the file in the home folder is taken; without that, the error says what to do")
  func home() async throws {
    try await withFiles { folder in
      #expect(
        throws: CredentialsError(
          "\(folder.path)/.kube/config", "no kubeconfig is there, and this is no pod of a cluster",
          advice: "name one with --kubeconfig or $KUBECONFIG")
      ) { try ClusterAccess.find(kubeconfig: nil, environment: ["HOME": folder.path]) }
      _ = try folder.write(Self.text, to: ".kube/config")
      let access = try ClusterAccess.find(kubeconfig: nil, environment: ["HOME": folder.path])
      #expect(access.server.host == "10.0.0.1")
    }
  }
}

@Suite("Credentials in a pod")
struct InClusterTests {
  let environment = ["KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"]

  @Test("address, token and authority come from where the kubelet puts them")
  func complete() async throws {
    try await withTemporaryFolder { folder in
      _ = try folder.write("jwt", to: "token")
      _ = try folder.write("authority", to: "ca.crt")
      let access = try ClusterAccess.inCluster(environment: environment, folder: folder.path)
      #expect(access.server.description == "https://10.96.0.1:443")
      #expect(access.tls.certificateAuthority == Array("authority".utf8))
      #expect(try access.authorization.headerValue() == "Bearer jwt")
      _ = try folder.write("rotated\n", to: "token")
      #expect(try access.authorization.headerValue() == "Bearer rotated")
      _ = try folder.write(" \n", to: "token")
      #expect(throws: CredentialsError(folder.path("token"), "the file holds no token")) {
        try access.authorization.headerValue()
      }
    }
  }

  @Test("an IPv6 address is put in brackets")
  func addressOfVersion6() async throws {
    try await withTemporaryFolder { folder in
      _ = try folder.write("jwt", to: "token")
      _ = try folder.write("authority", to: "ca.crt")
      let access = try ClusterAccess.inCluster(
        environment: ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"], folder: folder.path)
      #expect(access.server.description == "https://[fd00::1]:6443")
    }
  }

  @Test("a missing file is one line with the likely reason")
  func missing() async throws {
    try await withTemporaryFolder { folder in
      let error = #expect(throws: CredentialsError.self) {
        try ClusterAccess.inCluster(environment: environment, folder: folder.path)
      }
      #expect(
        error?.description
          == "\(folder.path)/token: cannot be read: No such file or directory (does the pod have automountServiceAccountToken: false?)"
      )
      #expect(throws: CredentialsError.self) { try ClusterAccess.inCluster(environment: [:], folder: folder.path) }
    }
  }
}
