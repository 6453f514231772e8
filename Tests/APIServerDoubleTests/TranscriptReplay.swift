import APIServerDouble
import FoundationEssentials
import Synchronization
import Testing

/// Plays all recorded exchanges against one double, in their order, because each builds on those before it.
///
/// The double starts at the recorded server's resourceVersion and its clock shows the recorded times, so that these
/// need no translation. What identifiers were made up by either side is translated: the first time that an UUID or a
/// token of the recording stands where the double has one of its own, the two are taken for the same.
actor TranscriptReplay {
  static let shared = TranscriptReplay()

  struct Outcome: Sendable {
    let status: Int
    let headers: [(name: String, value: String)]
    /// The double's body, with its own identifiers translated into the recorded ones.
    let body: String
  }

  private let clock = Mutex(Date(timeIntervalSince1970: 0))
  private var outcomes: Task<[String: Outcome], any Error>?
  /// From the recording's identifiers to the double's.
  private var identifiers: [String: String] = [:]
  private var issuedToken = ""

  /// What the double answered to a recorded request. The first call plays the whole recording.
  func outcome(of transcript: Transcript) async throws -> Outcome {
    let task = outcomes ?? Task { try await playAll() }
    outcomes = task
    return try #require(try await task.value[transcript.name])
  }

  private func playAll() async throws -> [String: Outcome] {
    var configuration = APIServerDouble.Configuration()
    configuration.now = { [self] in clock.withLock { $0 } }
    configuration.namespaces = ["default", "demo"]
    configuration.firstRevision = 253
    configuration.requiresCredentials = true
    configuration.absentGroups = ["gateway.kgateway.dev"]
    configuration.second = .milliseconds(100)
    return try await APIServerDouble.withRunning(configuration) { double in
      let client = RawHTTPClient(port: await double.port)
      var outcomes: [String: Outcome] = [:]
      for transcript in Transcript.all {
        if let date = transcript.date { clock.withLock { $0 = date } }
        try await prepare(for: transcript, client, double)
        outcomes[transcript.name] = try await play(transcript, client)
      }
      return outcomes
    }
  }

  private func play(_ transcript: Transcript, _ client: RawHTTPClient) async throws -> Outcome {
    let headers = transcript.requestHeaders.map { header in
      header.name == "Authorization" ? (header.name, "Bearer \(token(for: transcript))") : header
    }
    let answer = try await client.send(
      transcript.method, transcript.target, headers: headers, body: translated(transcript.requestBody))
    learnIdentifiers(recorded: transcript.answerBody, own: answer.body)
    return Outcome(status: answer.status, headers: answer.headers, body: translatedBack(answer.body))
  }

  /// The recordings hide the tokens that they were made with.
  private func token(for transcript: Transcript) -> String {
    switch transcript.number {
    case 14: "wrong"
    case 51: issuedToken
    default: "administrator"
    }
  }

  // MARK: What happened between the recorded exchanges

  private func prepare(for transcript: Transcript, _ client: RawHTTPClient, _ double: APIServerDouble) async throws {
    switch transcript.number {
    case 16:
      for name in ["g1", "g2", "g3", "g4", "g5"] { try await createGateway(name, client) }
    case 34:
      clock.withLock { $0 += 1 }
      try await createGateway("w1", client)
      try await change("PATCH", "w1", #"{"metadata":{"labels":{"k":"v"}}}"#, client)
      try await change("DELETE", "w1", "", client)
    case 38:
      // The recorded server wrote two objects of its own meanwhile.
      for name in ["one", "two"] {
        try await double.put(["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)]])
      }
    case 39:
      clock.withLock { $0 += 1 }
      try await createGateway("w2", metadata: #","labels":{"team":"x"}"#, client)
      try await change("PATCH", "w2", #"{"metadata":{"labels":null}}"#, client)
    case 40:
      try await createGateway("fin", metadata: #","finalizers":["example.com/f"]"#, client)
    default:
      break
    }
  }

  private static let gateways = "/apis/gateway.networking.k8s.io/v1/namespaces/demo/gateways"

  private func createGateway(_ name: String, metadata: String = "", _ client: RawHTTPClient) async throws {
    let body = """
      {"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway","metadata":{"name":"\(name)"\(metadata)},\
      "spec":{"gatewayClassName":"agentgateway","listeners":[{"name":"http","port":80,"protocol":"HTTP"}]}}
      """
    let answer = try await client.send(
      "POST", Self.gateways, headers: Self.headers("application/json"), body: body)
    try #require(answer.status == 201)
  }

  private func change(_ method: String, _ name: String, _ body: String, _ client: RawHTTPClient) async throws {
    let answer = try await client.send(
      method, "\(Self.gateways)/\(name)", headers: Self.headers("application/merge-patch+json"), body: body)
    try #require(answer.status == 200)
  }

  private static func headers(_ type: String) -> [(name: String, value: String)] {
    [("Authorization", "Bearer administrator"), ("Content-Type", type)]
  }

  // MARK: Identifiers

  private func learnIdentifiers(recorded: String, own: String) {
    let (recordedUUIDs, ownUUIDs) = (recorded.uuids, own.uuids)
    if recordedUUIDs.count == ownUUIDs.count {
      for (recorded, own) in zip(recordedUUIDs, ownUUIDs) where identifiers[recorded] == nil {
        identifiers[recorded] = own
      }
    }
    if let token = JSONValue(json: own)?[["status", "token"]]?.stringValue {
      issuedToken = token
      identifiers["<jwt>"] = token
    }
  }

  private func translated(_ text: String) -> String {
    identifiers.reduce(text) { $0.replacing($1.key, with: $1.value) }
  }

  private func translatedBack(_ text: String) -> String {
    identifiers.reduce(text) { $0.replacing($1.value, with: $1.key) }
  }
}

extension String {
  /// All UUIDs in it, in order.
  fileprivate var uuids: [String] {
    matches(of: #/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#).map { String($0.output) }
  }
}
