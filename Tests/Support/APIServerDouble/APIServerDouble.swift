package import FoundationEssentials
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import HummingbirdTLS
package import Logging
import NIOCore
import NIOSSL

/// A Kubernetes API server for tests: it runs in this process, keeps its objects in memory, answers as the recorded
/// exchanges of a real server show, and fails when it is told to. Real `kubectl` works against it.
package actor APIServerDouble {
  /// How a double is set up; the defaults suit most tests.
  package struct Configuration: Sendable {
    /// 0: a free port.
    package var port = 0
    /// nil: plain HTTP/1.1.
    package var tls: TLS?
    /// The administrator's bearer token. Any other that was not issued is answered with 401.
    package var token = "administrator"
    /// Whether a request without credentials is `system:anonymous`, and forbidden. Otherwise it is the
    /// administrator's, because kubectl sends no token over plain HTTP.
    package var requiresCredentials = false
    /// Whether a ServiceAccount may do only what the stored roles and their bindings allow it; otherwise everything.
    package var authorizesServiceAccounts = false
    /// The wall clock of timestamps, ages and tokens. Watches and timeouts go by the real time.
    package var now: @Sendable () -> Date = { Date() }
    /// Namespaces that are there from the start.
    package var namespaces = ["default", "kube-system"]
    /// Groups that are not installed, such as `gateway.kgateway.dev`.
    package var absentGroups: Set<String> = []
    /// The resourceVersion that the server starts with; nothing before it can be watched.
    package var firstRevision = 100
    /// How many changes are kept for watches.
    package var historyLimit = 20_000
    /// The length of a second where a request counts in seconds (`timeoutSeconds`): tests make it shorter.
    package var second: Duration = .seconds(1)
    /// How long a watch lives that names no `timeoutSeconds`.
    package var watchTimeout: Duration = .seconds(1800)
    /// How often a watch that allows bookmarks gets one.
    package var bookmarkInterval: Duration = .seconds(60)
    /// How many requests a connection of HTTP/2 may have under way; nil for the HTTP server's own bound.
    package var maximumStreams: Int?
    /// What becomes of a watch that is to begin with a list (`sendInitialEvents`).
    package var streamedLists = StreamedLists.given
    /// What Hummingbird logs goes here; by default nowhere.
    package var logger = Logger(label: "api-server-double") { _ in SwiftLogNoOpLogHandler() }

    /// The defaults.
    package init() {}
  }

  /// What a server makes of a watch that is to begin with a list.
  package enum StreamedLists: Sendable {
    /// It begins with it, as from Kubernetes 1.32 on.
    case given
    /// 422: the feature is not there.
    case refused
    /// The parameter is passed over, and the request is a plain watch from wherever it says.
    case ignored
  }

  /// TLS 1.2 or later, with HTTP/2 where the client offers it.
  package struct TLS: Sendable {
    /// PEM, the server's own certificate first.
    package var certificateChain: String
    /// PEM.
    package var privateKey: String
    /// PEM: a client certificate that this authority signed makes its holder the administrator. nil: none is asked for.
    package var clientAuthority: String?

    /// Takes the certificates as PEM texts.
    package init(certificateChain: String, privateKey: String, clientAuthority: String? = nil) {
      self.certificateChain = certificateChain
      self.privateKey = privateKey
      self.clientAuthority = clientAuthority
    }
  }

  /// What ``APIServerDouble/backUp()`` keeps.
  package struct Backup: Sendable {
    let state: StoreState
  }

  private struct Running {
    let task: Task<Void, any Error>
    let port: Int
  }

  /// What it was set up with.
  package nonisolated let configuration: Configuration
  private let store: ObjectStore
  private let handler: APIHandler
  let connections: OpenConnections
  private let identity = ServerIdentity()
  private let valve = Valve()
  private var running: Running?
  /// The port of the last start, to come back on.
  private var lastPort: Int?

  /// A double that does not listen yet.
  package init(_ configuration: Configuration = Configuration()) {
    self.configuration = configuration
    connections = OpenConnections(maximumStreams: configuration.maximumStreams)
    let kinds = (CoreKinds.all + GatewayAPIKinds.all + PolicyKinds.all).filter {
      !configuration.absentGroups.contains($0.group)
    }
    let makeUID: @Sendable () -> String = { UUID().uuidString.lowercased() }
    // The first namespaces take the revisions before the first one that clients see.
    var state = StoreState(
      kinds: kinds, firstRevision: configuration.firstRevision - configuration.namespaces.count,
      historyLimit: configuration.historyLimit)
    state.addNamespaces(configuration.namespaces, makeUID: makeUID, now: Timestamp.text(configuration.now()))
    store = ObjectStore(state)
    handler = APIHandler(
      store: store,
      authenticator: Authenticator(
        administratorToken: configuration.token, requiresCredentials: configuration.requiresCredentials),
      authorizer: configuration.authorizesServiceAccounts ? Authorizer(store: store) : nil,
      failures: FailurePlan(),
      log: RequestLog(), now: configuration.now, makeUID: makeUID,
      timing: APIHandler.Timing(
        second: configuration.second, watchTimeout: configuration.watchTimeout,
        bookmarkInterval: configuration.bookmarkInterval, freshnessWait: configuration.second * 3),
      streamedLists: configuration.streamedLists)
  }

  /// Runs a double for the time of `body`.
  package static func withRunning<Result>(
    _ configuration: Configuration = Configuration(), _ body: (APIServerDouble) async throws -> Result
  ) async throws -> Result {
    let double = APIServerDouble(configuration)
    try await double.start()
    do {
      let result = try await body(double)
      await double.stop()
      return result
    } catch {
      await double.stop()
      throw error
    }
  }

  // MARK: Life

  /// Binds 127.0.0.1 and serves until `stop`.
  ///
  /// - Throws: what the HTTP server says where the port is taken or the certificate unreadable.
  package func start() async throws {
    try await start(port: configuration.port)
  }

  /// Ends the server and every connection.
  package func stop() async {
    guard let running else { return }
    self.running = nil
    valve.shut()
    running.task.cancel()
    store.endWatches()
    connections.closeAll()
    _ = await running.task.result
  }

  /// Waits until the server ends, by `stop` or because it failed.
  package func waitUntilStopped() async throws { try await running?.task.value }

  private func start(port: Int) async throws {
    guard running == nil else { return }
    valve.open()
    let (ports, bound) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
    let application = Application(
      responder: DoubleResponder(handler: handler, connections: connections), server: try serverBuilder(),
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
      onServerRunning: { channel in bound.yield(channel.localAddress?.port ?? 0) }, logger: configuration.logger)
    let task = Task {
      defer { bound.finish() }
      try await application.run()
    }
    for await port in ports {
      running = Running(task: task, port: port)
      lastPort = port
      return
    }
    try await task.value
  }

  private func serverBuilder() throws -> HTTPServerBuilder {
    guard let tls = configuration.tls else {
      return HTTPServerBuilder { [valve] in ShuttableChannel(base: HTTP1Channel(responder: $0), valve: valve) }
    }
    var settings = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(tls.certificateChain.utf8)).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(tls.privateKey.utf8), format: .pem)))
    if let authority = tls.clientAuthority {
      settings.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
      settings.certificateVerification = .optionalVerification
    }
    // Asked at each handshake, so that a certificate can be replaced while the server runs.
    settings.sslContextCallback = { [identity] _, promise in promise.succeed(identity.replacement) }
    return HTTPServerBuilder { [settings, valve] responder in
      ShuttableChannel(base: try HTTP2UpgradeChannel(tlsConfiguration: settings, responder: responder), valve: valve)
    }
  }

  // MARK: Where it is

  /// The port that it listens on, or did last.
  package var port: Int { lastPort ?? configuration.port }

  /// `http://127.0.0.1:PORT`
  package var url: String { url(port: port) }

  func url(port: Int) -> String { "\(configuration.tls == nil ? "http" : "https")://127.0.0.1:\(port)" }

  // MARK: Failing

  /// Makes the next requests that the filter takes fail.
  package func inject(_ failure: Failure, into filter: RequestFilter = .all, times: Int = 1) {
    handler.failures.arm(failure, filter, times: times)
  }

  /// Takes back what `inject` ordered and no request has met yet.
  package func endFailures() { handler.failures.disarm() }

  /// Ends every open watch in an orderly way, as the real server does after some time.
  package func dropWatches() { store.endWatches() }

  /// Shows this certificate to those that connect from now on; nil: the one of the configuration.
  ///
  /// - Throws: if it cannot be read.
  package func present(_ tls: TLS?) throws { try identity.replace(with: tls) }

  /// Knows the administrator by this token from now on; the one before gets 401.
  package func replaceToken(with token: String) { handler.authenticator.replaceAdministratorToken(with: token) }

  /// The administrator's token now.
  package var token: String { handler.authenticator.administratorsToken }

  /// All that the server holds, to be brought back by ``restore(_:)``.
  package func backUp() -> Backup { Backup(state: store.read { $0 }) }

  /// Goes back to an earlier state, as a server whose database is restored from a backup: what came since is gone, and
  /// the resourceVersion counts on from where it was then, so that versions are given out twice. Every connection is
  /// closed, and there is no history.
  package func restore(_ backup: Backup) {
    store.restore(backup.state)
    store.endWatches()
    connections.closeAll()
  }

  /// Stores an object without looking at it: no schema, no defaults, no validation. As an object may be that an older
  /// server took in.
  package func putUnchecked(_ object: JSONValue) throws(Refusal) {
    let kinds = store.read { $0.kinds }
    let kind = kinds.first {
      $0.apiVersion == object["apiVersion"]?.stringValue && $0.kind == object["kind"]?.stringValue
    }
    guard let kind = kind?.stored else { throw Refusal(code: 400, message: "no kind is served for it") }
    var object = object
    object[["metadata", "uid"]] = .string(handler.makeUID())
    store.write { _ = $0.put(object, of: kind) }
  }

  /// Closes every open connection, whatever it is in the middle of.
  package func dropConnections() { connections.closeAll() }

  /// Forgets all changes so far: who watches from an earlier resourceVersion, or continues an earlier list, gets 410.
  package func forgetHistory() { store.write { $0.forgetHistory() } }

  /// Stops listening and closes every connection; objects and clients' tokens stay.
  package func goAway() async { await stop() }

  /// Listens again on the same port.
  package func comeBack() async throws { try await start(port: port) }

  /// Goes away, forgets its history, and comes back on the same port.
  package func restartWithHistoryLost() async throws {
    await goAway()
    forgetHistory()
    try await comeBack()
  }

  /// Serves a group no longer: its URLs answer 404 with plain text, and its objects are gone.
  package func uninstall(group: String) {
    store.write { state in state.withdraw { $0.group == group } }
    dropWatches()
  }

  /// Serves one of the double's own groups (again).
  package func install(group: String) {
    let kinds = (GatewayAPIKinds.all + PolicyKinds.all + CoreKinds.all).filter { $0.group == group }
    store.write { state in state.serve(kinds) }
  }

  // MARK: Looking

  /// All requests so far, oldest first.
  package var requests: [RecordedRequest] { handler.log.all }

  /// Begins a new record of requests.
  package func forgetRequests() { handler.log.clear() }

  /// How many watches are open now.
  package var watchCount: Int { store.watchCount }

  /// The newest resourceVersion.
  package var revision: Int { store.read { $0.revision } }

  /// An object as it is stored; nil if there is none. The namespace of a cluster-scoped object is empty.
  package func object(_ plural: String, group: String, namespace: String, name: String) -> JSONValue? {
    let id = GroupResource(group: group, plural: plural)
    return store.read { $0.object(id, ObjectKey(namespace: namespace, name: name))?.value }
  }

  /// All objects of a kind as they are stored, by namespace and name.
  package func objects(_ plural: String, group: String) -> [JSONValue] {
    let id = GroupResource(group: group, plural: plural)
    let found = store.read { $0.objects[id] ?? [:] }
    return found.values.map(\.value).sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
  }

  // MARK: What other parts of a cluster do

  /// Writes an object's status without a request, as the controller of its kind does.
  package func writeStatus(
    _ status: JSONValue, of plural: String, group: String, namespace: String, name: String
  ) throws(Refusal) {
    do throws(StatusError) {
      let (id, key) = (GroupResource(group: group, plural: plural), ObjectKey(namespace: namespace, name: name))
      guard let kind = store.read({ $0.kind(id) })?.stored else { throw .notFound(id, name) }
      let options = WriteOptions(userAgent: "kube-controller-manager", subresource: "status")
      _ = try writer.update(key, of: kind, options, isReplacement: false) { live in
        var object = live
        object["status"] = status
        return object
      }
    } catch {
      throw Refusal(code: error.code, message: error.message)
    }
  }

  /// Issues a token of a ServiceAccount without a request, as the kubelet gets it for a projected volume.
  package func issueToken(
    namespace: String, serviceAccount: String, audience: String, seconds: Int
  ) throws(Refusal) -> String {
    do throws(StatusError) {
      let answer = try handler.tokens(at: configuration.now()).request(
        ["spec": ["audiences": [.string(audience)], "expirationSeconds": .integer(Int64(seconds))]],
        for: ObjectKey(namespace: namespace, name: serviceAccount), manager: "kubelet")
      return answer[["status", "token"]]?.stringValue ?? ""
    } catch {
      throw Refusal(code: error.code, message: error.message)
    }
  }

  // MARK: Seeding

  private var writer: ObjectWriter {
    let time = Timestamp.text(configuration.now())
    return ObjectWriter(store: store, now: { time }, makeUID: handler.makeUID)
  }

  func storeObject(_ object: JSONValue) throws(StatusError) -> Written {
    let kinds = store.read { $0.kinds }
    let kind = kinds.first {
      $0.apiVersion == object["apiVersion"]?.stringValue && $0.kind == object["kind"]?.stringValue
    }
    guard let kind = kind?.stored else { throw .badRequest("no kind is served for \(object.jsonText)") }
    let options = WriteOptions(userAgent: "test", fieldValidation: .strict)
    let namespace = kind.isNamespaced ? (object.namespace.isEmpty ? "default" : object.namespace) : ""
    let key = ObjectKey(namespace: namespace, name: object.name)
    if kind.isNamespaced { try makeNamespace(namespace) }
    guard let live = store.read({ $0.object(kind.id, key) }) else {
      return try writer.create(object, of: kind, in: namespace, options)
    }
    return try writer.update(key, of: kind, options, isReplacement: true) { _ throws(StatusError) in
      var object = object
      object[["metadata", "resourceVersion"]] = .string(live.value.resourceVersion)
      return object
    }
  }

  private func makeNamespace(_ name: String) throws(StatusError) {
    let namespaces = CoreKinds.namespaces
    guard store.read({ $0.object(namespaces.id, ObjectKey(namespace: "", name: name)) }) == nil else { return }
    _ = try writer.create(
      ["metadata": ["name": .string(name)]], of: namespaces, in: "", WriteOptions(userAgent: "test"))
  }

  func removeObject(_ id: GroupResource, _ key: ObjectKey) throws(StatusError) {
    guard let kind = store.read({ $0.kind(id) }) else { throw .notFound(id, key.name) }
    _ = try writer.delete(key, of: kind.stored, DeleteOptions(nil, isDryRun: false))
  }
}

extension StoreState {
  fileprivate mutating func addNamespaces(_ names: [String], makeUID: () -> String, now: String) {
    for name in names {
      var namespace: JSONValue = [
        "metadata": ["name": .string(name), "uid": .string(makeUID()), "creationTimestamp": .string(now)]
      ]
      CoreKinds.namespaces.prepareForCreate?(&namespace)
      _ = put(namespace, of: CoreKinds.namespaces)
    }
    forgetChangesSoFar()
  }
}
