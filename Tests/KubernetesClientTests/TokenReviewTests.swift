import APIServerDouble
import JSON
import KubernetesAPI
import KubernetesClient
import RealComponents
import Testing

extension APIServerTests {
  /// A token of a ServiceAccount, which the server issues.
  private func issueToken(_ client: KubernetesClient, audience: String) async throws -> String {
    let tokens = APIResource(group: "", version: "v1", plural: "serviceaccounts/proxy/token", kind: "TokenRequest")
    let body = #"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"audiences":["\#(audience)"]}}"#
    var token = ""
    try await client.create(
      tokens, namespace: "default", object: Array(body.utf8), timeout: .seconds(10)
    ) { reader throws(JSONError) in
      try reader.readObject { reader, key throws(JSONError) in
        guard key == "status" else { return try reader.skipValue() }
        try reader.readObject { reader, key throws(JSONError) in
          if key == "token" { token = try reader.readString() } else { try reader.skipValue() }
        }
      }
    }
    return token
  }

  @Test("a server judges the tokens that it issued")
  func tokenReview() async throws {
    try await withServer { server, client in
      try await server.put([
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "proxy", "namespace": "default"],
      ])
      let token = try await issueToken(client, audience: "kgateway")
      let good = try await client.review(token: token, audiences: ["kgateway"])
      #expect(good.isAuthenticated)
      #expect(good.username == "system:serviceaccount:default:proxy")
      #expect(good.audiences == ["kgateway"])
      let other = try await client.review(token: token, audiences: ["other"])
      #expect(!other.isAuthenticated)
      #expect(other.error.contains("token audiences [\"kgateway\"] is invalid for the target audiences [\"other\"]"))
      let garbage = try await client.review(token: "x.y.z", audiences: ["kgateway"])
      #expect(garbage == TokenReview(isAuthenticated: false, error: "invalid bearer token"))
    }
  }

  @Test("a review is asked for once, and its failure does not hold the token")
  func failedReview() async throws {
    try await withServer { server, client in
      await server.inject(.tooManyRequests(retryAfterSeconds: 1), into: .path("tokenreviews"))
      let error = await #expect(throws: KubernetesError.self) {
        try await client.review(token: "s3cret.s3cret.s3cret", audiences: ["kgateway"])
      }
      guard case .status(let status, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(status.code == 429)
      #expect(error?.description.contains("s3cret") == false)
      #expect(await server.requests.count { $0.path.contains("tokenreviews") } == 1)

      await server.inject(.garbage, into: .path("tokenreviews"))
      let unreadable = await #expect(throws: KubernetesError.self) {
        try await client.review(token: "s3cret.s3cret.s3cret", audiences: ["kgateway"])
      }
      #expect(unreadable?.description.contains("s3cret") == false)
    }
  }
}
