import FoundationEssentials
import Synchronization

/// Who makes a request.
struct User: Sendable, Equatable {
  let name: String
  static let anonymous = User(name: "system:anonymous")
  static let administrator = User(name: "kubernetes-admin")
}

/// A ServiceAccount's token as the double issued it.
struct IssuedToken: Sendable {
  let namespace: String
  let serviceAccount: String
  let uid: String
  let audiences: [String]
  let expires: Date
  let identifier: String

  var username: String { "system:serviceaccount:\(namespace):\(serviceAccount)" }
}

/// Knows the administrator's token and every token that was issued. Tokens look like JWTs; nothing is signed,
/// because only this server checks them.
final class Authenticator: Sendable {
  static let ownAudience = "https://kubernetes.default.svc.cluster.local"

  private let administratorToken: Mutex<String>
  private let requiresCredentials: Bool
  private let issued = Mutex<[String: IssuedToken]>([:])

  init(administratorToken: String, requiresCredentials: Bool) {
    self.administratorToken = Mutex(administratorToken)
    self.requiresCredentials = requiresCredentials
  }

  var administratorsToken: String { administratorToken.withLock { $0 } }

  /// Knows the administrator by another token from now on, and by the old one no more.
  func replaceAdministratorToken(with token: String) { administratorToken.withLock { $0 = token } }

  func user(of request: APIRequest, now: Date) throws(StatusError) -> User {
    if request.hasClientCertificate { return .administrator }
    guard let token = request.bearerToken else { return requiresCredentials ? .anonymous : .administrator }
    if token == administratorToken.withLock({ $0 }) { return .administrator }
    guard let found = find(token, now: now), found.audiences.contains(Self.ownAudience) else { throw .unauthorized }
    return User(name: found.username)
  }

  func find(_ token: String, now: Date) -> IssuedToken? {
    guard let found = issued.withLock({ $0[token] }), found.expires > now else { return nil }
    return found
  }

  func issue(_ token: IssuedToken, now: Date) -> String {
    let claims: JSONValue = [
      "aud": .array(token.audiences.map(JSONValue.string)),
      "exp": .integer(Int64(token.expires.timeIntervalSince1970)),
      "iat": .integer(Int64(now.timeIntervalSince1970)), "iss": .string(Self.ownAudience),
      "jti": .string(token.identifier),
      "kubernetes.io": [
        "namespace": .string(token.namespace),
        "serviceaccount": ["name": .string(token.serviceAccount), "uid": .string(token.uid)],
      ],
      "nbf": .integer(Int64(now.timeIntervalSince1970)), "sub": .string(token.username),
    ]
    let parts = [
      JSONValue.object(["alg": "RS256", "kid": "double"]).jsonBytes, claims.jsonBytes, Array(token.identifier.utf8),
    ]
    let text = parts.map(Self.base64URL).joined(separator: ".")
    issued.withLock { $0[text] = token }
    return text
  }

  private static func base64URL(_ bytes: [UInt8]) -> String {
    String(Data(bytes).base64EncodedString().map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }.filter { $0 != "=" })
  }
}
