import APIServerDouble
import NetworkLink
import RealComponents
import Testing

/// Something that an API server, or the network before it, does to those who watch it.
struct Fault: Sendable, CustomTestStringConvertible {
  typealias Step = @Sendable (FaultBed) async throws -> Void

  /// What happens, as a sentence; also what `KGATEWAY_FAULT` chooses by.
  let testDescription: String
  let begin: Step
  /// Changes the server while the fault lasts.
  var change: Step = { try await $0.world.enterSecond() }
  /// Why watches are begun anew while it lasts, as the metric's label says it: each of these, or of those with `|` between
  /// them one.
  var reasons: [String] = []
  /// What else is to be seen before it ends.
  var evidence: Step = { _ in }
  var end: Step = { _ in }
  /// Puts the bed right for the next case, where the end of the fault leaves something behind.
  var tidy: Step = { _ in }

  init(
    _ testDescription: String, _ begin: @escaping Step, change: Step? = nil, reasons: [String] = [],
    evidence: Step? = nil, end: Step? = nil, tidy: Step? = nil
  ) {
    (self.testDescription, self.begin, self.reasons) = (testDescription, begin, reasons)
    if let change { self.change = change }
    if let evidence { self.evidence = evidence }
    if let end { self.end = end }
    if let tidy { self.tidy = tidy }
  }

  /// Ends it wherever it has come to, so that the next case does not find its remains.
  func clear(_ bed: FaultBed) async throws {
    try await bed.link.restore()
    try await end(bed)
    try await bed.world.returnToFirst()
    try await tidy(bed)
    await bed.apiServer.endFailures()
    await Self.loseHistory(bed)
    try await bed.waitForTheSame(within: .seconds(60))
  }

  static let all = ofTheNetwork + ofTheServer + ofWatches + ofObjects + ofPages
}

// MARK: Connections

extension Fault {
  private static func cut(_ cut: NetworkLink.Cut) -> Step { { await $0.link.cut(cut) } }
  private static let restore: Step = { try await $0.link.restore() }

  /// Every watch has to be begun anew, and what comes first is a list.
  static func loseHistory(_ bed: FaultBed) async {
    await bed.apiServer.forgetHistory()
    await bed.apiServer.dropWatches()
  }

  static let ofTheNetwork = [
    Fault("the server is down and comes back", cut(.refused), reasons: ["disconnected"], end: restore),
    Fault(
      "lists are reset in their middle",
      { bed in
        // Small lists arrive, that of the Services does not.
        await bed.link.cut(.resetAfter(bytes: 40_000))
        await loseHistory(bed)
      }, reasons: ["expired", "disconnected"], end: restore),
    Fault(
      "an event is reset in its middle", cut(.resetAfter(bytes: 30_000)),
      change: { bed in
        try await bed.cluster.put([bed.world.service("bulky", weight: 60_000)])
        try await bed.world.enterSecond()
      }, reasons: ["disconnected"], end: restore, tidy: { try await $0.world.delete("services", "", "bulky") }),
    Fault(
      "the network hands on 3,000 bytes a second", cut(.slow(bytesPerSecond: 3_000)),
      evidence: { bed in
        try await eventually("a new route arrives all the same", within: .seconds(30)) {
          try await HTTPConnection.get(port: bed.world.ports[0], "/added").status == 200
        }
      }, end: restore),
    Fault(
      "packets get lost until watches are given up, and nobody is told that connections have ended", cut(.swallowed),
      reasons: ["stalled"], end: { try await $0.link.restore(.silence) }),
    Fault(
      "every connection breaks", { await $0.apiServer.dropConnections() }, reasons: ["disconnected"]),
    Fault(
      "the server shows a certificate of an unknown authority for a while",
      { bed in
        try await bed.apiServer.present(bed.authorities.strange)
        await bed.apiServer.dropConnections()
      }, reasons: ["untrusted"],
      evidence: { bed in
        try await eventually("the log names the certificate", within: .seconds(10)) {
          !bed.kgateway.logLines("certificate is not trusted").isEmpty
        }
      }, end: { try await $0.apiServer.present(nil) }),
    Fault(
      "the server's certificate is replaced by one of another authority that is trusted",
      { bed in
        try await bed.apiServer.present(bed.authorities.rotated)
        await bed.apiServer.dropConnections()
      }, reasons: ["disconnected"],
      tidy: { bed in
        try await bed.apiServer.present(nil)
        await bed.apiServer.dropConnections()
      }),
    Fault(
      "HTTP/2 connections are told to go away (GOAWAY)",
      { bed in
        await bed.apiServer.sendGoAway()
        await bed.apiServer.dropWatches()
      }, reasons: ["ended"]),
  ]
}

// MARK: Refusals

extension Fault {
  /// Every watch ends, and the next of each kind fails.
  private static func next(_ failure: Failure, _ filter: RequestFilter = .watches, times: Int = 9) -> Step {
    { bed in
      await bed.apiServer.inject(failure, into: filter, times: times)
      await bed.apiServer.dropWatches()
    }
  }

  /// A stream of HTTP/2 that is broken off may be so before what it brought is read.
  static let broken = "malformed|disconnected"

  private static let endFailures: Step = { await $0.apiServer.endFailures() }

  static let ofTheServer = [
    Fault(
      "the token is replaced, and the operator's file has the new one a little later",
      { bed in
        // Another one in each round.
        await bed.apiServer.replaceToken(with: "token-of-\(await bed.apiServer.revision)")
        await bed.apiServer.dropConnections()
      }, reasons: ["unauthorized"], end: { try $0.cluster.folder.write(await $0.apiServer.token, to: "token") }),
    Fault(
      "429 with Retry-After", next(.tooManyRequests(retryAfterSeconds: 1)), reasons: ["throttled"], end: endFailures),
    Fault("503 with Retry-After", next(.unavailable(retryAfterSeconds: 1)), reasons: ["throttled"], end: endFailures),
    Fault(
      "500 to everything for a while", next(.status(code: 500, reason: "InternalError"), .all, times: 10_000),
      reasons: ["refused"], end: endFailures),
    Fault(
      "nothing is answered until connections break", next(.stall, .all, times: 10_000), reasons: ["ended"],
      end: { bed in
        await bed.apiServer.endFailures()
        await bed.apiServer.dropConnections()
      }),
    Fault(
      "garbage for lists",
      { bed in
        await bed.apiServer.inject(.garbage, into: .lists, times: 10_000)
        await loseHistory(bed)
      }, reasons: ["expired", Self.broken], end: endFailures),
    Fault(
      "the server is another one after a failure and has no history", loseHistory, reasons: ["expired"]),
    Fault(
      "the server is restored from a backup: objects vanish, and versions are given out twice",
      restoreFromBackup, reasons: ["stalled"]),
  ]

  /// An EndpointSlice has the same version in both histories, and not the same content.
  private static func restoreFromBackup(_ bed: FaultBed) async throws {
    let backup = await bed.apiServer.backUp()
    try await bed.cluster.put([
      Objects.endpoints(of: "shifting", port: 9), Objects.route("lost", path: "/lost"),
    ])
    // What is lost is more than what is written until the operator notices.
    for round in 0..<3 {
      try await bed.cluster.put((0..<World.idleServices).map { bed.world.service("idle-\($0)", weight: round + 1) })
    }
    try await eventually("what will be lost is served", within: .seconds(30)) {
      try await HTTPConnection.get(port: bed.world.ports[0], "/lost").status == 200
    }
    try await bed.waitForTheSame(within: .seconds(30))
    await bed.apiServer.restore(backup)
    try await bed.cluster.put([Objects.endpoints(of: "shifting", port: bed.world.backends[1].port)])
  }
}

// MARK: Watches

extension Fault {
  private static let endWatches: Step = { bed in
    await bed.apiServer.endFailures()
    await bed.apiServer.dropWatches()
  }

  static let ofWatches = [
    Fault("every watch ends", { await $0.apiServer.dropWatches() }, reasons: ["ended"]),
    Fault("410 at the watch", next(.gone), reasons: ["expired"], end: endFailures),
    Fault(
      "watches break off in the middle of their first event", next(.cutMidObject), reasons: ["disconnected"],
      end: endFailures),
    Fault("garbage in watches", next(.garbage), reasons: [Self.broken], end: endFailures),
    Fault(
      "watches have an event that does not end with its line, and others behind it", next(.brokenEvent),
      reasons: ["malformed"], end: endFailures),
    Fault("there are no bookmarks", next(.noBookmarks, times: 10_000), reasons: ["stalled"], end: endWatches),
    Fault(
      "events come twice, and older ones come again after newer ones", next(.disorder, times: 10_000),
      change: { bed in
        for port in 1...3 { try await bed.cluster.put([Objects.endpoints(of: "shifting", port: port)]) }
        try await bed.world.enterSecond()
        for number in 1...3 { try await bed.cluster.put([Objects.route("moved", path: "/interim-\(number)")]) }
        try await bed.cluster.put([Objects.route("moved", path: "/moved-to")])
      }, reasons: ["ended"],
      evidence: { bed in
        // Before the watches end, so that nothing but what came in disorder tells it.
        try await bed.world.expectSecond(within: .seconds(30))
        try await bed.waitForTheSame(within: .seconds(30))
      }, end: endWatches),
  ]
}

// MARK: Lists in pages

extension Fault {
  /// Behind all others: from here on the operator asks for lists in pages, so that every further round of the table is one
  /// with a server that has no other lists.
  static let ofPages = [
    Fault(
      "the continue token of a list has expired",
      { bed in
        await bed.apiServer.forgetRequests()
        await bed.apiServer.inject(
          .status(code: 422, reason: "Invalid"), into: RequestFilter(\.isStreamedList), times: 50)
        await bed.apiServer.inject(.gone, into: .laterPages, times: 2)
        await loseHistory(bed)
      }, reasons: ["expired"],
      evidence: { bed in
        try await eventually("a later page was refused", within: .seconds(10)) {
          await bed.apiServer.requests.contains { $0[query: "continue"] != nil && $0.status == 410 }
        }
      }, end: endFailures)
  ]
}
