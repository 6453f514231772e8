package import KubernetesAPI

extension KubernetesClient {
  /// Asks whether a bearer token is good for one of the audiences, and whose it is.
  ///
  /// Needs `create` on `tokenreviews` of `authentication.k8s.io`. A token that is not good is an answer, and no error.
  ///
  /// - Parameter timeout: for the whole of it.
  /// - Throws: as every call; no error holds the token.
  package func review(
    token: String, audiences: [String], timeout: Duration = .seconds(10)
  ) async throws -> TokenReview {
    try await create(
      Self.tokenReviews, object: TokenReview.request(token: token, audiences: audiences), timeout: timeout,
      decode: TokenReview.init(from:))
  }

  private static let tokenReviews = APIResource(
    group: "authentication.k8s.io", version: "v1", plural: "tokenreviews", kind: "TokenReview")
}
