import JSON

/// `authentication.k8s.io/v1` TokenReview: the API server's judgement of a bearer token.
///
/// It is made by a POST, answered at once, and stored nowhere.
package struct TokenReview: Hashable, Sendable {
  /// Whether the token is good.
  package var isAuthenticated: Bool
  /// Whose it is: `system:serviceaccount:NAMESPACE:NAME` for a ServiceAccount; empty where it is not good.
  package var username: String
  /// Those of the audiences asked for that the token is for. Empty from a server that knows no audiences: then it says
  /// nothing of them.
  package var audiences: [String]
  /// Why it is not good; may be empty.
  package var error: String

  package init(isAuthenticated: Bool, username: String = "", audiences: [String] = [], error: String = "") {
    self.isAuthenticated = isAuthenticated
    self.username = username
    self.audiences = audiences
    self.error = error
  }

  /// The JSON that asks for the judgement. Holds the token: never to be logged.
  package static func request(token: String, audiences: [String]) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("apiVersion", "authentication.k8s.io/v1")
      writer.member("kind", "TokenReview")
      writer.member("spec") { writer in
        writer.object { writer in
          writer.member("token", token)
          writer.member("audiences") { writer in
            writer.array { writer in
              for audience in audiences { writer.string(audience) }
            }
          }
        }
      }
    }
    return writer.bytes
  }
}
