import NIOCore
import NIOHTTP2
import Testing

@testable import GRPCServer

@Suite("When a connection is probed, asked to go, and closed")
struct ConnectionStateMachineTests {
  private typealias Machine = GRPCConnectionStateMachine

  private func machine() -> GRPCConnectionStateMachine {
    GRPCConnectionStateMachine(
      keepaliveInterval: .seconds(30), keepaliveTimeout: .seconds(20), now: .uptimeNanoseconds(0))
  }

  private func at(_ seconds: Int64) -> NIODeadline {
    .uptimeNanoseconds(0) + .seconds(seconds)
  }

  // MARK: The graceful end

  @Test("an idle connection goes when the client has seen the GOAWAY")
  func idleDrain() {
    var machine = machine()
    #expect(
      machine.drain(grace: .seconds(5)) == [
        .goAway(lastStream: .maxID), .ping(Machine.drainPing), .startGrace(.seconds(5)),
      ])
    #expect(machine.receivedPingAnswer(Machine.drainPing) == [.goAway(lastStream: .rootStream), .close])
    #expect(machine.graceEnded() == [])
  }

  @Test("open calls may end first, those that crossed the GOAWAY too")
  func drainWithCalls() {
    var machine = machine()
    machine.streamOpened(1)
    _ = machine.drain(grace: .seconds(5))
    machine.streamOpened(3)
    #expect(machine.streamClosed() == [])
    #expect(machine.receivedPingAnswer(Machine.drainPing) == [.goAway(lastStream: 3)])
    #expect(machine.streamClosed() == [.close])
  }

  @Test("calls that do not end are ended when the grace time is over")
  func graceEnds() {
    var machine = machine()
    machine.streamOpened(1)
    _ = machine.drain(grace: .seconds(5))
    _ = machine.receivedPingAnswer(Machine.drainPing)
    #expect(machine.graceEnded() == [.finishCalls, .close])
    #expect(machine.streamClosed() == [])
  }

  @Test("a client that answers no PING is closed all the same, and told the last stream")
  func graceEndsWithoutAnswer() {
    var machine = machine()
    machine.streamOpened(7)
    _ = machine.drain(grace: .seconds(5))
    #expect(machine.graceEnded() == [.finishCalls, .goAway(lastStream: 7), .close])
    #expect(machine.receivedPingAnswer(Machine.drainPing) == [])
  }

  @Test("a second drain only asks for its own grace time")
  func drainTwice() {
    var machine = machine()
    machine.streamOpened(1)
    _ = machine.drain(grace: .seconds(10))
    #expect(machine.drain(grace: .seconds(1)) == [.startGrace(.seconds(1))])
    _ = machine.graceEnded()
    #expect(machine.drain(grace: .seconds(1)) == [])
  }

  @Test("the answer to another PING does not end a drain, and one without a drain means nothing")
  func otherPings() {
    var machine = machine()
    #expect(machine.receivedPingAnswer(Machine.drainPing) == [])
    _ = machine.drain(grace: .seconds(5))
    #expect(machine.receivedPingAnswer(Machine.keepalivePing) == [])
    #expect(machine.receivedPingAnswer(Machine.drainPing) == [.goAway(lastStream: .rootStream), .close])
  }

  @Test("the last call's end does not close a connection that serves")
  func streamsWhileServing() {
    var machine = machine()
    machine.streamOpened(1)
    #expect(machine.streamClosed() == [])
  }

  // MARK: Keepalive

  @Test("a client that was heard of is asked again only after the interval")
  func heardOf() {
    var machine = machine()
    #expect(machine.checkKeepalive(at: at(0)) == .check(at: at(30)))
    machine.received(at: at(12))
    #expect(machine.checkKeepalive(at: at(30)) == .check(at: at(42)))
  }

  @Test("a silent client is pinged, and closed when it stays silent")
  func dead() {
    var machine = machine()
    #expect(machine.checkKeepalive(at: at(30)) == .ping(Machine.keepalivePing, checkAt: at(50)))
    #expect(machine.checkKeepalive(at: at(49)) == .check(at: at(50)))
    #expect(machine.checkKeepalive(at: at(50)) == .close)
  }

  @Test("anything that comes after the ping proves life")
  func alive() {
    var machine = machine()
    _ = machine.checkKeepalive(at: at(30))
    machine.received(at: at(31))
    #expect(machine.checkKeepalive(at: at(50)) == .check(at: at(61)))
    #expect(machine.checkKeepalive(at: at(61)) == .ping(Machine.keepalivePing, checkAt: at(81)))
  }
}
