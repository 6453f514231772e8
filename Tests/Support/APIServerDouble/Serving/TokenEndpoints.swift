import FoundationEssentials

/// `serviceaccounts/NAME/token` and TokenReviews.
struct TokenEndpoints: Sendable {
  let store: ObjectStore
  let authenticator: Authenticator
  let makeUID: @Sendable () -> String
  let now: Date

  private static let apiVersion = "authentication.k8s.io/v1"

  /// Issues a token for a ServiceAccount.
  func request(
    _ body: JSONValue, for account: ObjectKey, manager: String
  ) throws(StatusError) -> JSONValue {
    guard let stored = store.read({ $0.object(CoreKinds.serviceAccounts.id, account) }) else {
      throw .notFound(CoreKinds.serviceAccounts.id, account.name)
    }
    let named = (body[["spec", "audiences"]]?.arrayValue ?? []).compactMap(\.stringValue)
    let seconds = body[["spec", "expirationSeconds"]]?.integerValue ?? 3600
    let token = IssuedToken(
      namespace: account.namespace, serviceAccount: account.name, uid: stored.value.uid,
      audiences: named.isEmpty ? [Authenticator.ownAudience] : named,
      expires: now.addingTimeInterval(TimeInterval(seconds)), identifier: makeUID())
    let metadata: JSONValue = [
      "name": .string(account.name), "namespace": .string(account.namespace), "uid": .string(token.uid),
      "creationTimestamp": .string(Timestamp.text(now)),
      "managedFields": managedFields(of: body, manager, subresource: "token"),
    ]
    return [
      "kind": "TokenRequest", "apiVersion": .string(Self.apiVersion), "metadata": metadata,
      "spec": [
        "audiences": .array(token.audiences.map(JSONValue.string)), "expirationSeconds": .integer(seconds),
        "boundObjectRef": .null,
      ],
      "status": [
        "token": .string(authenticator.issue(token, now: now)),
        "expirationTimestamp": .string(Timestamp.text(token.expires)),
      ],
    ]
  }

  /// Answers whether a token is good for the audiences that the review names.
  func review(_ body: JSONValue, manager: String) -> JSONValue {
    let text = body[["spec", "token"]]?.stringValue ?? ""
    let named = (body[["spec", "audiences"]]?.arrayValue ?? []).compactMap(\.stringValue)
    return [
      "kind": "TokenReview", "apiVersion": .string(Self.apiVersion),
      "metadata": ["managedFields": managedFields(of: body, manager, subresource: "")],
      "spec": body["spec"] ?? [:],
      "status": verdict(on: text, audiences: named.isEmpty ? [Authenticator.ownAudience] : named),
    ]
  }

  private func verdict(on text: String, audiences: [String]) -> JSONValue {
    guard let token = authenticator.find(text, now: now) else {
      return ["user": [:], "error": "invalid bearer token"]
    }
    let common = token.audiences.filter(audiences.contains)
    guard !common.isEmpty else {
      let (has, wants) = (Self.quoted(token.audiences), Self.quoted(audiences))
      return [
        "user": [:],
        "error": .string(
          "[invalid bearer token, token audiences \(has) is invalid for the target audiences \(wants)]"),
      ]
    }
    return [
      "authenticated": true,
      "user": [
        "username": .string(token.username), "uid": .string(token.uid),
        "groups": [
          "system:serviceaccounts", .string("system:serviceaccounts:\(token.namespace)"), "system:authenticated",
        ],
        "extra": ["authentication.kubernetes.io/credential-id": [.string("JTI=\(token.identifier)")]],
      ],
      "audiences": .array(common.map(JSONValue.string)),
    ]
  }

  private func managedFields(of body: JSONValue, _ manager: String, subresource: String) -> JSONValue {
    let names = (body["spec"]?.objectValue?.keys ?? []).sorted()
    let fields = JSONValue.object(JSONObject(names.map { ("f:\($0)", [:]) }))
    var entry: JSONValue = [
      "manager": .string(manager), "operation": "Update", "apiVersion": .string(Self.apiVersion),
      "time": .string(Timestamp.text(now)), "fieldsType": "FieldsV1", "fieldsV1": ["f:spec": fields],
    ]
    if !subresource.isEmpty { entry["subresource"] = .string(subresource) }
    return [entry]
  }

  private static func quoted(_ texts: [String]) -> String {
    "[\(texts.map { "\"\($0)\"" }.joined(separator: " "))]"
  }
}

/// Times as the API writes them, in whole seconds.
enum Timestamp {
  static func text(_ date: Date) -> String { date.formatted(.iso8601) }
}
