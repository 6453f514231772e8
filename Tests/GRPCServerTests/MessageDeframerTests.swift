import NIOCore
import RealComponents
import Testing

@testable import GRPCServer

@Suite("Cutting a request into messages")
struct MessageDeframerTests {
  /// Feeds the pieces and takes messages after each.
  private func messages(of pieces: [ByteBuffer], limit: Int = 1000) -> [GRPCMessageDeframer.Step] {
    var deframer = GRPCMessageDeframer(maximumMessageLength: limit)
    var steps: [GRPCMessageDeframer.Step] = []
    for piece in pieces {
      deframer.append(piece)
      cutting: while true {
        let step = deframer.next()
        switch step {
        case .message: steps.append(step)
        case .incomplete: break cutting
        case .refused: return steps + [step]
        }
      }
    }
    #expect(!deframer.holdsPartialMessage)
    return steps
  }

  @Test("messages come out the same however their bytes are split")
  func everySplit() {
    let texts = ["", "a", "hello", "", String(repeating: "x", count: 300), "end"]
    let bytes = texts.reduce(ByteBuffer()) { $0 + .framed($1) }
    let expected = texts.map { GRPCMessageDeframer.Step.message(ByteBuffer(string: $0)) }

    #expect(messages(of: [bytes]) == expected)
    for cut in 0...bytes.readableBytes {
      let pieces = [0..<cut, cut..<bytes.readableBytes].compactMap {
        bytes.getSlice(at: $0.lowerBound, length: $0.count)
      }
      #expect(messages(of: pieces) == expected, "cut at \(cut)")
    }
  }

  @Test("messages come out the same from pieces of random lengths", arguments: 0..<50)
  func randomSplits(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let texts = (0..<20).map { _ in
      String(repeating: "m", count: Int.random(in: 0...200, using: &random)) + "\(random.next())"
    }
    var bytes = texts.reduce(ByteBuffer()) { $0 + .framed($1) }
    var pieces: [ByteBuffer] = []
    while let piece = bytes.readSlice(length: min(bytes.readableBytes, .random(in: 0...40, using: &random))),
      bytes.readableBytes > 0 || piece.readableBytes > 0
    {
      pieces.append(piece)
    }
    #expect(messages(of: pieces) == texts.map { .message(ByteBuffer(string: $0)) })
  }

  @Test("a message of the limit's length is taken, one byte more is refused by its prefix alone")
  func lengthLimit() {
    #expect(messages(of: [.framed("12345")], limit: 5) == [.message(ByteBuffer(string: "12345"))])
    #expect(
      messages(of: [.framed("", length: 6)], limit: 5) == [
        .refused(GRPCStatus(.resourceExhausted, "a message of 6 bytes is over the limit of 5 bytes"))
      ])
    #expect(
      messages(of: [.framed("", length: .max)], limit: 5) == [
        .refused(GRPCStatus(.resourceExhausted, "a message of 4294967295 bytes is over the limit of 5 bytes"))
      ])
  }

  @Test("a compressed message is refused with UNIMPLEMENTED, an unknown flag with INTERNAL")
  func flags() throws {
    for (flag, code) in [(UInt8(1), GRPCStatus.Code.unimplemented), (2, .internal), (255, .internal)] {
      let step = try #require(messages(of: [.framed("x", flag: flag)]).last)
      guard case .refused(let status) = step else {
        Issue.record("the flag \(flag) gave \(step)")
        continue
      }
      #expect(status.code == code)
    }
  }

  @Test("messages before a refused one still come out")
  func refusedAfterGood() {
    let steps = messages(of: [.framed("good") + .framed("bad", flag: 1)])
    #expect(steps.count == 2)
    #expect(steps.first == .message(ByteBuffer(string: "good")))
  }

  @Test("a stream of messages that all straddle pieces does not make the buffer grow")
  func bufferStaysSmall() {
    var deframer = GRPCMessageDeframer(maximumMessageLength: 1000)
    let message = ByteBuffer.framed(String(repeating: "y", count: 90))
    // Pieces of 94 bytes drift against messages of 95, so that there is always a rest.
    var bytes = ByteBuffer()
    var taken = 0
    for _ in 0..<2000 {
      bytes = bytes + message
      while let piece = bytes.readSlice(length: 94) {
        deframer.append(piece)
        while case .message(let content) = deframer.next() {
          taken += 1
          #expect(content.storageCapacity < 4096)
        }
      }
      bytes.discardReadBytes()
    }
    #expect(taken >= 1970)
  }
}
