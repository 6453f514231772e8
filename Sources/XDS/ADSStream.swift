import EnvoyAPI
import GRPCServer
import Logging
import NIOCore

/// One open ADS stream, on its call's event loop: joins the protocol's logic to the call, the store and the observer.
final class ADSStream<Wire: WireProtocol>: GRPCCallHandler, GroupedStream {
  private enum Phase {
    /// Nothing was received yet.
    case new
    /// The client's Gateway is being found out; no further request is taken meanwhile.
    case authenticating(Task<Void, Never>)
    case open(Membership)
    case ended
  }

  private struct Membership {
    let gateway: GatewayID
    let node: String
    let group: StreamGroup
    /// The newest generation that the client has acknowledged in full, or need not.
    var acknowledged: UInt64
    /// The newest generation of which the store knows that this client holds it.
    var confirmed: UInt64 = 0
  }

  private let call: GRPCCall
  private let context: ADSContext
  private var logger: Logger
  private var phase = Phase.new
  private var logic: Wire.Logic
  private var isAdvanceDue = false
  private var openingTimer: Scheduled<Void>?
  private var returnTimer: Scheduled<Void>?

  init(call: GRPCCall, context: ADSContext) {
    self.call = call
    self.context = context
    logger = context.logger
    logic = Wire.logic(context.limits)
    openingTimer = call.eventLoop.assumeIsolated().scheduleTask(in: context.limits.openingTime) { [weak self] in
      self?.openingTimeIsOver()
    }
  }

  // MARK: The call

  func received(_ message: ByteBuffer) {
    guard message.readableBytes <= context.limits.requestLength else {
      return end(.init(.resourceExhausted, "a request is longer than \(context.limits.requestLength) bytes"))
    }
    do {
      let (request, node) = try Wire.read(message)
      switch phase {
      case .new: authenticate(node, first: request)
      case .open: take(request)
      case .authenticating, .ended: break
      }
    } catch {
      end(.init(.invalidArgument, "a request is not a discovery request"))
    }
  }

  func receivedEnd() {
    end(.ok)
  }

  func writabilityChanged() {
    if case .open = phase, call.isWritable { call.resumeReceiving() }
    advance()
  }

  func closed() {
    openingTimer?.cancel()
    returnTimer?.cancel()
    switch phase {
    case .new, .ended: break
    case .authenticating(let task): task.cancel()
    case .open(let membership): leave(membership)
    }
    phase = .ended
  }

  private func end(_ status: GRPCStatus) {
    if status != .ok {
      context.complaints.log("An xDS stream is ended: \(status)", to: logger)
    }
    if case .authenticating(let task) = phase { task.cancel() }
    if case .open(let membership) = phase { leave(membership) }
    phase = .ended
    call.finish(status)
  }

  // MARK: Opening

  private func openingTimeIsOver() {
    switch phase {
    case .new: end(.init(.deadlineExceeded, "the stream carried no request for too long"))
    case .authenticating: end(.init(.unavailable, "it took too long to find out whose stream this is; try again"))
    case .open, .ended: break
    }
  }

  private func authenticate(_ node: Envoy_Config_Core_V3_Node?, first request: Wire.Logic.Request) {
    guard let node else {
      return end(.init(.invalidArgument, "the first request of a stream must carry its node"))
    }
    let name = ForeignText.line(node.id)
    logger[metadataKey: "node"] = "\(name)"
    call.pauseReceiving()
    let stream = NIOLoopBound((stream: self, first: request), eventLoop: call.eventLoop)
    let task = Task { [context, eventLoop = call.eventLoop, headers = call.request] in
      let result: Result<GatewayID, StreamRefusal>
      do throws(StreamRefusal) {
        result = .success(try await context.authenticator.gateway(for: node, request: headers))
      } catch {
        result = .failure(error)
      }
      eventLoop.execute {
        stream.value.stream.authenticated(result, node: name, first: stream.value.first)
      }
    }
    phase = .authenticating(task)
  }

  private func authenticated(
    _ result: Result<GatewayID, StreamRefusal>, node: String, first: Wire.Logic.Request
  ) {
    guard case .authenticating = phase else { return }
    switch result {
    case .failure(let refusal): refuse(refusal, node: node)
    case .success(let gateway):
      guard context.admitStream(of: gateway) else {
        let problem = "the Gateway has \(context.limits.streamsPerGateway) streams, and may have no more"
        return refuse(
          StreamRefusal(GRPCStatus(.resourceExhausted, problem), reason: "\(problem) (\(gateway))"), node: node)
      }
      logger[metadataKey: "gateway"] = "\(gateway)"
      let (group, generation) = context.streams(of: call.eventLoop).add(self, to: gateway)
      phase = .open(Membership(gateway: gateway, node: node, group: group, acknowledged: generation))
      openingTimer?.cancel()
      returnTimer = call.eventLoop.assumeIsolated().scheduleTask(in: context.limits.returnTime) { [weak self] in
        self?.logic.presumeAllAsked()
        self?.advance()
      }
      logger.debug("A proxy opened an xDS stream")
      context.observer.streamOpened(gateway, node: node)
      take(first)
      call.resumeReceiving()
    }
  }

  private func refuse(_ refusal: StreamRefusal, node: String) {
    let peer = call.request.peer.map { $0.ipAddress ?? "\($0)" } ?? "an unknown address"
    context.refusals.log(
      "the stream of a proxy that calls itself \"\(node)\", from \(peer), is refused: \(refusal.reason)", to: logger)
    phase = .ended
    call.finish(refusal.status)
  }

  private func leave(_ membership: Membership) {
    context.releaseStream(of: membership.gateway)
    let duration = context.streams(of: call.eventLoop).remove(
      self, from: membership.gateway, acknowledged: membership.acknowledged)
    logger.debug("An xDS stream closed")
    context.observer.streamClosed(membership.gateway, node: membership.node)
    if let duration {
      context.observer.converged(membership.gateway, after: duration)
    }
  }

  // MARK: Requests

  private func take(_ request: Wire.Logic.Request) {
    do throws(RequestRefusal) {
      for event in try logic.receive(request) {
        tell(event)
      }
    } catch {
      switch error {
      case .tooManyNames(let type, let limit):
        return end(.init(.resourceExhausted, "a stream may name \(limit) resources of type \(type) at most"))
      }
    }
    advanceSoon()
  }

  private func tell(_ event: StreamEvent) {
    guard case .open(let membership) = phase else { return }
    switch event {
    case .accepted(let transition, let served):
      record(transition, served, membership)
      context.observer.acknowledged(transition.type, by: membership.gateway, version: transition.version)
    case .refused(let transition, let served, let blame):
      refuse(transition, served, blame, membership)
    case .unknownType(let typeURL):
      context.complaints.log(
        "A proxy asks for resources that are not served: \(ForeignText.line(typeURL))", to: logger)
    case .nothing(let typeURL, let names, let nonce):
      call.send(ResponseEncoding.nothing(typeURL, names: names, nonce: nonce))
      // Other answers wait until there is room for them. These are made at once, so a client that asks without reading
      // what it gets is not listened to until it does.
      if !call.isWritable { call.pauseReceiving() }
    }
  }

  /// Tells the store what a client took, once for all streams that share the response.
  private func record(_ transition: Transition, _ served: Served, _ membership: Membership) {
    guard !transition.isRecordedAsAccepted else { return }
    transition.isRecordedAsAccepted = true
    context.store.accept(
      transition.resources, for: membership.gateway, generation: served.generation, of: served.snapshot)
  }

  private func refuse(_ transition: Transition, _ served: Served, _ blame: Blame, _ membership: Membership) {
    context.store.take(blame, of: served, for: membership.gateway, by: ObjectIdentifier(self))
    context.observer.rejected(
      XDSRejection(
        gateway: membership.gateway, node: membership.node, type: transition.type,
        names: blame.isCertain ? blame.suspects.map(\.name) : [], message: blame.message))
  }

  // MARK: Responses

  /// Looks at what to send when the requests that came together have all been taken. A proxy that comes back asks for
  /// all its types at once, and the order of what it gets depends on all of them.
  private func advanceSoon() {
    guard !isAdvanceDue else { return }
    isAdvanceDue = true
    let stream = NIOLoopBound(self, eventLoop: call.eventLoop)
    call.eventLoop.execute {
      stream.value.isAdvanceDue = false
      stream.value.advance()
    }
  }

  func advance() {
    guard case .open(var membership) = phase, let newest = membership.group.newest, call.isWritable else { return }
    for response in logic.responses(to: newest, cache: membership.group.cache) {
      let transition = response.transition
      call.send(head: ResponseEncoding.head(nonce: response.nonce), sharedBody: transition.body)
      context.observer.pushed(transition.type, to: membership.gateway)
    }
    guard min(membership.acknowledged, membership.confirmed) < newest.generation,
      logic.isSettled(at: newest.generation)
    else { return }
    confirm(newest, &membership)
    let isArrival = membership.acknowledged < newest.generation
    membership.acknowledged = newest.generation
    phase = .open(membership)
    if isArrival, let duration = context.store.acknowledge(newest.generation, of: membership.gateway) {
      context.observer.converged(membership.gateway, after: duration)
    }
  }

  /// Tells the store what a client has without having been sent it: one that was served before this program started.
  private func confirm(_ newest: Served, _ membership: inout Membership) {
    guard membership.confirmed < newest.generation, logic.isWholeProxy else { return }
    membership.confirmed = newest.generation
    context.store.confirm(newest, for: membership.gateway) { logic.holds($0) }
  }
}
