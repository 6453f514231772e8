import JSON
import KubernetesAPI
import Testing

@Suite("TokenReviews")
struct TokenReviewTests {
  private func read(_ status: String) throws -> TokenReview {
    let text = """
      {"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":{"managedFields":[{"manager":"capture",\
      "operation":"Update","fieldsV1":{"f:spec":{"f:audiences":{},"f:token":{}}}}]},"spec":{"token":"<jwt>",\
      "audiences":["kgateway"]},"status":\(status)}
      """
    var reader = JSONReader(Array(text.utf8))
    let review = try TokenReview(from: &reader)
    try reader.readEnd()
    return review
  }

  @Test("a good token: whose it is, and what for")
  func good() throws {
    let review = try read(
      """
      {"authenticated":true,"user":{"username":"system:serviceaccount:demo:proxy","uid":"708f29ee",\
      "groups":["system:serviceaccounts"],"extra":{"authentication.kubernetes.io/credential-id":["JTI=f386d743"]}},\
      "audiences":["kgateway"]}
      """)
    let expected = TokenReview(
      isAuthenticated: true, username: "system:serviceaccount:demo:proxy", audiences: ["kgateway"])
    #expect(review == expected)
  }

  @Test("a bad token: why")
  func bad() throws {
    let review = try read(#"{"user":{},"error":"invalid bearer token"}"#)
    #expect(review == TokenReview(isAuthenticated: false, error: "invalid bearer token"))
    #expect(try read(#"{"user":null,"audiences":null}"#) == TokenReview(isAuthenticated: false))
  }

  @Test("an answer without a status is none")
  func noStatus() {
    #expect(throws: JSONError.self) { try read("null") }
  }

  @Test("the question as the API server takes it")
  func question() {
    let text = String(decoding: TokenReview.request(token: "x.y.z", audiences: ["kgateway"]), as: UTF8.self)
    #expect(
      text == """
        {"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"x.y.z","audiences":["kgateway"]}}
        """)
  }
}
