import NIOCore
import NIOHPACK
import RealComponents
import Testing

@testable import GRPCServer

@Suite("gRPC's protocol on one stream")
struct StreamStateMachineTests {
  private static let trailersOfOK: HPACKHeaders = ["grpc-status": "0"]

  private func machine(opened: Bool = true, endStream: Bool = false) -> GRPCStreamStateMachine {
    var machine = GRPCStreamStateMachine(limits: .init(message: 100, headerList: 1000))
    if opened { _ = machine.receive(headers: .request("/s/m"), endStream: endStream) }
    return machine
  }

  // MARK: Opening

  @Test("a request opens the stream with its path and timeout")
  func open() {
    var machine = machine(opened: false)
    var headers = HPACKHeaders.request("/s/m")
    headers.add(name: "grpc-timeout", value: "5S")
    #expect(machine.receive(headers: headers, endStream: false) == .open(path: "/s/m", timeout: .seconds(5)))
    #expect(machine.isOpen)
    #expect(!machine.clientHasEnded)
  }

  @Test("a bad request is answered by one block, and nothing of it is delivered")
  func refused() {
    var machine = machine(opened: false)
    var headers = HPACKHeaders.request("/s/m")
    headers.replaceOrAdd(name: "content-type", value: "text/html")
    guard case .refuse(let answer) = machine.receive(headers: headers, endStream: false) else {
      Issue.record("the request was not refused")
      return
    }
    #expect(answer.first(name: ":status") == "415")
    #expect(!machine.isOpen)
    machine.receive(data: .framed("ignored"), endStream: true)
    #expect(machine.next() == .wait)
    #expect(machine.send() == .drop)
    #expect(machine.finish(.ok) == nil)
    #expect(machine.clientHasEnded)
  }

  // MARK: Receiving

  @Test("messages are delivered in order, then the end, once")
  func messagesThenEnd() {
    var machine = machine()
    machine.receive(data: .framed("one") + .framed("two"), endStream: false)
    #expect(machine.next() == .message(ByteBuffer(string: "one")))
    #expect(machine.next() == .message(ByteBuffer(string: "two")))
    #expect(machine.next() == .wait)
    machine.receive(data: .framed("three"), endStream: true)
    #expect(machine.clientHasEnded)
    #expect(machine.next() == .message(ByteBuffer(string: "three")))
    #expect(machine.next() == .end)
    #expect(machine.next() == .wait)
  }

  @Test("an empty frame, headers alone and trailers end a request each")
  func waysToEnd() {
    var byData = machine()
    byData.receive(data: ByteBuffer(), endStream: true)
    #expect(byData.next() == .end)

    var byHeaders = machine(endStream: true)
    #expect(byHeaders.next() == .end)

    var byTrailers = machine()
    #expect(byTrailers.receive(headers: ["x": "y"], endStream: true) == .end)
    #expect(byTrailers.next() == .end)
  }

  @Test("a request that ends in the middle of a message is refused", arguments: [1, 4, 5, 8])
  func truncated(length: Int) throws {
    var machine = machine()
    let bytes = try #require(ByteBuffer.framed("four").getSlice(at: 0, length: length))
    machine.receive(data: bytes, endStream: true)
    #expect(machine.next() == .refuse(GRPCStatus(.internal, "the request ended in the middle of a message")))
  }

  @Test("frames after the client's end are ignored")
  func framesAfterEnd() {
    var machine = machine(endStream: true)
    #expect(machine.next() == .end)
    machine.receive(data: .framed("late"), endStream: false)
    #expect(machine.next() == .wait)
    #expect(machine.receive(headers: .request("/s/m"), endStream: true) == .end)
    #expect(machine.next() == .wait)
  }

  @Test("a message over the limit is refused with RESOURCE_EXHAUSTED")
  func tooLong() {
    var machine = machine()
    machine.receive(data: .framed("", length: 101), endStream: false)
    guard case .refuse(let status) = machine.next() else {
      Issue.record("the message was not refused")
      return
    }
    #expect(status.code == .resourceExhausted)
  }

  @Test("what the client sends after the answer's end is dropped, and its own end is still noticed")
  func dataAfterAnswer() {
    var machine = machine()
    machine.receive(data: .framed("waiting"), endStream: false)
    #expect(machine.finish(.ok) != nil)
    #expect(machine.next() == .wait)
    machine.receive(data: .framed("more"), endStream: false)
    #expect(!machine.clientHasEnded)
    machine.receive(data: ByteBuffer(), endStream: true)
    #expect(machine.clientHasEnded)
    #expect(machine.next() == .wait)
  }

  // MARK: Sending

  @Test("the first message brings the headers, the next ones do not, and trailers end them")
  func messagesOut() {
    var machine = machine()
    #expect(machine.send() == .headersThenMessage([":status": "200", "content-type": "application/grpc"]))
    #expect(machine.send() == .message)
    #expect(machine.finish(.ok) == Self.trailersOfOK)
    #expect(!machine.isOpen)
  }

  @Test("an answer without a message is one block")
  func trailersOnly() {
    var machine = machine()
    let expected: HPACKHeaders = [
      ":status": "200", "content-type": "application/grpc", "grpc-status": "7", "grpc-message": "no",
    ]
    #expect(machine.finish(GRPCStatus(.permissionDenied, "no")) == expected)
  }

  @Test("nothing is sent after the end")
  func afterTheEnd() {
    var machine = machine()
    _ = machine.finish(.ok)
    #expect(machine.send() == .drop)
    #expect(machine.finish(GRPCStatus(.internal)) == nil)
  }

  @Test("the answer may go on after the client's end, and end before it")
  func halfClose() {
    var answersLater = machine(endStream: true)
    #expect(answersLater.next() == .end)
    #expect(answersLater.isOpen)
    #expect(answersLater.send() != .drop)
    #expect(answersLater.finish(.ok) == Self.trailersOfOK)

    var answersEarly = machine()
    _ = answersEarly.send()
    #expect(answersEarly.finish(.ok) == Self.trailersOfOK)
    #expect(!answersEarly.clientHasEnded)
  }

  @Test("a stream that is gone takes and gives nothing")
  func closed() {
    for opened in [false, true] {
      var machine = machine(opened: opened)
      machine.receive(data: .framed("waiting"), endStream: false)
      machine.close()
      #expect(machine.next() == .wait)
      #expect(machine.send() == .drop)
      #expect(machine.finish(.ok) == nil)
      #expect(machine.receive(headers: .request("/s/m"), endStream: false) == .end)
      #expect(machine.clientHasEnded)
    }
  }

  /// Random events in any order: what comes out must always be a well-formed answer.
  @Test("whatever the order of events, the answer stays well-formed", arguments: 0..<200)
  func anyOrder(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    var machine = machine(opened: false)
    var headers = 0
    var ends = 0
    var deliveredEnds = 0
    for _ in 0..<40 {
      switch Int.random(in: 0..<6, using: &random) {
      case 0:
        let action = machine.receive(headers: .request("/s/m"), endStream: Bool.random(using: &random))
        if case .refuse = action { ends += 1 }
      case 1: machine.receive(data: .framed("some"), endStream: Int.random(in: 0..<4, using: &random) == 0)
      case 2: if machine.next() == .end { deliveredEnds += 1 }
      case 3:
        switch machine.send() {
        case .headersThenMessage: headers += 1
        case .message: #expect(headers == 1 && ends == 0)
        case .drop: #expect(!machine.isOpen)
        }
      case 4 where Int.random(in: 0..<5, using: &random) == 0:
        if let block = machine.finish(.ok) {
          ends += 1
          #expect(block.contains(name: ":status") == (headers == 0))
        }
      case 5 where Int.random(in: 0..<10, using: &random) == 0: machine.close()
      default: break
      }
      #expect(headers <= 1 && ends <= 1 && deliveredEnds <= 1)
    }
  }
}
