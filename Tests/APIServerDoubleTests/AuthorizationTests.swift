import APIServerDouble
import Testing

@Suite("What ServiceAccounts may do")
struct AuthorizationTests {
  private static let account = "system:serviceaccount:apps:operator"

  /// A role everywhere, and another in the namespace `apps`.
  private static let roles: [JSONValue] = [
    [
      "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": ["name": "operator"],
      "rules": [
        ["apiGroups": ["gateway.networking.k8s.io"], "resources": ["gateways"], "verbs": ["list", "watch"]],
        ["apiGroups": ["gateway.networking.k8s.io"], "resources": ["gateways/status"], "verbs": ["patch"]],
        ["apiGroups": [""], "resources": ["configmaps"], "verbs": ["patch"]],
      ],
    ],
    [
      "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": ["name": "operator"],
      "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "operator"],
      "subjects": [["kind": "ServiceAccount", "name": "operator", "namespace": "apps"]],
    ],
    [
      "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
      "metadata": ["name": "operator", "namespace": "apps"],
      "rules": [
        ["apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"], "verbs": ["get", "list"]],
        ["apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]],
      ],
    ],
    [
      "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
      "metadata": ["name": "operator", "namespace": "apps"],
      "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "operator"],
      "subjects": [["kind": "ServiceAccount", "name": "operator", "namespace": "apps"]],
    ],
  ]

  /// A client that is the ServiceAccount, on a double that looks at the roles.
  private struct Account {
    let client: RawHTTPClient
    let token: String

    func send(_ method: String, _ target: String, type: String = "application/json", body: String = "") async throws
      -> RawHTTPClient.Answer
    {
      let headers = [
        ("Authorization", "Bearer \(token)"), ("Content-Type", type), ("User-Agent", "operator/1"),
      ]
      return try await client.send(method, target, headers: headers, body: body)
    }
  }

  private static func withAccount(_ body: (Account, APIServerDouble) async throws -> Void) async throws {
    var configuration = APIServerDouble.Configuration()
    configuration.authorizesServiceAccounts = true
    try await withDouble(configuration) { double, client in
      try await double.put([
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "operator", "namespace": "apps"],
      ])
      for role in roles { try await double.put(role) }
      let issued = try await client.send(
        "POST", "/api/v1/namespaces/apps/serviceaccounts/operator/token", json: #"{"spec":{}}"#)
      let token = try #require(JSONValue(json: issued.body)?[["status", "token"]]?.stringValue)
      try await body(Account(client: client, token: token), double)
    }
  }

  @Test("what a role does not name is forbidden, in the words of the API server")
  func forbidden() async throws {
    try await Self.withAccount { account, _ in
      let gateways = "/apis/gateway.networking.k8s.io/v1/gateways"
      #expect(try await account.send("GET", gateways).status == 200)
      let routes = try await account.send("GET", "/apis/gateway.networking.k8s.io/v1/namespaces/apps/httproutes")
      #expect(routes.status == 403)
      #expect(
        JSONValue(json: routes.body)?["message"]
          == .string(
            "httproutes.gateway.networking.k8s.io is forbidden: User \"\(Self.account)\" cannot list resource "
              + "\"httproutes\" in API group \"gateway.networking.k8s.io\" in the namespace \"apps\""))
      // Whoever may list may not read one of them, and discovery is everybody's.
      #expect(
        try await account.send("GET", "/apis/gateway.networking.k8s.io/v1/namespaces/apps/gateways/web").status == 403)
      #expect(try await account.send("GET", "/apis").status == 200)
      let status = try await account.send(
        "PATCH", "/apis/gateway.networking.k8s.io/v1/namespaces/apps/httproutes/web/status",
        type: "application/merge-patch+json", body: "{}")
      #expect(status.body.contains(#"cannot patch resource \"httproutes/status\""#), "\(status.body)")
    }
  }

  @Test("a Role holds in its namespace, and for the names that it has")
  func names() async throws {
    try await Self.withAccount { account, double in
      for name in ["mine", "other"] {
        try await double.put([
          "apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(name), "namespace": "apps"],
        ])
      }
      func status(_ target: String) async throws -> Int { try await account.send("GET", target).status }
      #expect(try await status("/api/v1/namespaces/apps/secrets/mine") == 200)
      #expect(try await status("/api/v1/namespaces/apps/secrets/other") == 403)
      #expect(try await status("/api/v1/namespaces/default/secrets/mine") == 403)
      #expect(try await status("/api/v1/namespaces/apps/secrets") == 403)
      #expect(try await status("/api/v1/namespaces/apps/secrets?fieldSelector=metadata.name%3Dmine") == 200)
    }
  }

  @Test("an apply of an object that is not there needs the permission to create it")
  func apply() async throws {
    try await Self.withAccount { account, double in
      let target = "/api/v1/namespaces/apps/configmaps/a?fieldManager=operator"
      let document = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"b"}}"#
      func apply() async throws -> RawHTTPClient.Answer {
        try await account.send("PATCH", target, type: "application/apply-patch+yaml", body: document)
      }
      let refused = try await apply()
      #expect(refused.status == 403 && refused.body.contains("cannot create resource"), "\(refused.body)")
      try await double.put([
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a", "namespace": "apps"],
      ])
      #expect(try await apply().status == 200)
    }
  }

  @Test("permissions are held against requests: what is missing, and what was never used")
  func use() async throws {
    try await Self.withAccount { account, double in
      _ = try await account.send("GET", "/apis/gateway.networking.k8s.io/v1/gateways")
      _ = try await account.send("GET", "/api/v1/namespaces/apps/secrets?fieldSelector=metadata.name%3Dmine")
      _ = try await account.send("GET", "/api/v1/namespaces/apps/secrets/other")
      _ = try await account.send("GET", "/apis/discovery.k8s.io/v1/endpointslices?watch=1&timeoutSeconds=1")
      _ = try await account.send("GET", "/version")
      _ = try await account.send(
        "PATCH", "/apis/gateway.networking.k8s.io/v1/namespaces/apps/gateways/web/status?fieldManager=a",
        type: "application/apply-patch+yaml", body: "{}")
      _ = try await account.send(
        "PATCH", "/api/v1/namespaces/apps/configmaps/a?fieldManager=a", type: "application/apply-patch+yaml",
        body: "{}")
      let use = RBACUse(
        Self.roles, of: "apps/operator", requests: await double.requests, from: "operator/")
      #expect(
        use.missing == [
          "create configmaps in apps", "get secrets apps/other", "watch endpointslices.discovery.k8s.io",
        ])
      #expect(
        use.unused == [
          "create leases.coordination.k8s.io in apps", "get secrets mine in apps",
          "watch gateways.gateway.networking.k8s.io",
        ])
      let none = RBACUse(Self.roles, of: "apps/other", requests: await double.requests, from: "kubectl/")
      #expect(none.missing.isEmpty && none.unused.isEmpty)
    }
  }
}
