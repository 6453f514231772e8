import KubernetesAPI
import KubernetesClient
import XDS

/// Asks the API server whose a proxy's token is.
struct KubernetesTokenReviewer: TokenReviewer {
  let client: KubernetesClient

  func review(token: String) async throws -> TokenVerdict {
    let review: TokenReview
    do {
      review = try await client.review(token: token, audiences: [XDSSecurity.audience])
    } catch KubernetesError.status(let status, _) where status.code == 403 {
      throw Forbidden(status: status)
    }
    guard review.isAuthenticated else { return .refused(reason: review.error) }
    // A server that knows no audiences says that the token is good, for itself.
    guard review.audiences.contains(XDSSecurity.audience) else {
      return .refused(reason: "it is good, but not for the audience \(XDSSecurity.audience)")
    }
    return .accepted(user: review.username)
  }

  /// Our own account may not ask.
  private struct Forbidden: Error, CustomStringConvertible {
    let status: Status

    var description: String {
      "this account may not ask, it needs create on tokenreviews of authentication.k8s.io: \(status)"
    }
  }
}
