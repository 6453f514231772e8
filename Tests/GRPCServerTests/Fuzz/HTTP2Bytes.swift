import Fuzzing
import NIOCore
import NIOHPACK

/// HTTP/2 frame by frame, as a client would send it, or as none would.
struct HTTP2Bytes: FuzzInput {
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  private(set) var bytes: [UInt8] = []
  private var encoder = HPACKEncoder(allocator: ByteBufferAllocator())

  var fuzzedLength: Int { bytes.count }
  var fuzzedText: String { bytes.fuzzedText }

  /// A random conversation: the greeting, some calls, and what may stand between them; a part of it damaged.
  static func random(_ random: inout FuzzRandom) -> HTTP2Bytes {
    var result = HTTP2Bytes()
    if random.chance(95) { result.bytes += preface }
    if random.chance(95) { result.frame(type: 4, flags: 0, stream: 0, []) }
    for index in 0..<random.below(8) {
      result.call(stream: random.chance(90) ? UInt32(2 * index + 1) : UInt32(random.below(9)), &random)
    }
    if random.chance(50) { result.damage(&random) }
    return result
  }

  private mutating func call(stream: UInt32, _ random: inout FuzzRandom) {
    let paths = [
      "/test.Test/Echo", "/test.Test/BoundedEcho", "/test.Test/Count", "/test.Test/Hang", "/test.Test/Paused",
      "/test.Test/RefuseAtOnce", "/no/such", "", "*",
    ]
    var headers = HPACKHeaders.request(random.choice(paths) ?? "")
    if random.chance(20) {
      headers.replaceOrAdd(name: random.choice(Self.names) ?? "te", value: random.choice(Self.values) ?? "")
    }
    if random.chance(10) {
      headers.add(name: random.choice(Self.names) ?? "te", value: random.choice(Self.values) ?? "")
    }
    if random.chance(10) { headers.remove(name: random.choice(Self.names) ?? "te") }
    var block = ByteBuffer()
    try? encoder.encode(headers: headers, to: &block)
    let endsAtOnce = random.chance(10)
    frame(
      type: 1, flags: (endsAtOnce ? 1 : 0) | (random.chance(95) ? 4 : 0), stream: stream, Array(block.readableBytesView)
    )
    for _ in 0..<random.below(4) {
      if random.chance(20) { odd(stream: stream, &random) }
      let length = random.below(random.choice([4, 40, 3000]) ?? 4)
      let claimed = random.chance(90) ? UInt32(length) : UInt32(truncatingIfNeeded: random.next())
      var message = ByteBuffer(bytes: [random.chance(95) ? 0 : UInt8(random.below(3))])
      message.writeInteger(claimed)
      message.writeRepeatingByte(UInt8(ascii: "m"), count: length)
      for piece in random.cut(Array(message.readableBytesView)).suffix(20) {
        frame(type: 0, flags: 0, stream: stream, piece)
      }
    }
    if random.chance(70) { frame(type: 0, flags: 1, stream: stream, []) }
  }

  /// SETTINGS, PING, RST_STREAM, WINDOW_UPDATE, PRIORITY, GOAWAY, CONTINUATION, and frames that nobody knows.
  private mutating func odd(stream: UInt32, _ random: inout FuzzRandom) {
    let length = random.choice([0, 4, 5, 6, 8, 13]) ?? 0
    frame(
      type: UInt8(random.below(12)), flags: UInt8(truncatingIfNeeded: random.next()) & 0x2D,
      stream: random.chance(50) ? 0 : stream, (0..<length).map { _ in UInt8(random.below(256)) })
  }

  private mutating func damage(_ random: inout FuzzRandom) {
    for _ in 0..<(1 + random.below(4)) {
      let place = random.below(bytes.count + 1)
      switch random.below(4) {
      case 0: if place < bytes.count { bytes[place] = UInt8(random.below(256)) }
      case 1: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(12)))
      case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + random.below(40))], at: place)
      default: bytes.removeSubrange(place...)
      }
    }
  }

  private mutating func frame(type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) {
    let length = UInt32(payload.count)
    bytes += [UInt8(length >> 16 & 0xFF), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), type, flags]
    bytes += [24, 16, 8, 0].map { UInt8(stream >> $0 & 0xFF) }
    bytes += payload
  }

  private static let names = [
    ":method", ":path", ":scheme", ":authority", "content-type", "te", "grpc-timeout", "grpc-encoding",
    "content-length",
    "authorization", "connection", "X-Upper", "", "cookie", ":status",
  ]
  private static let values = [
    "", "POST", "GET", "/test.Test/Echo", "application/grpc", "application/grpc+json", "trailers", "1S", "99999999H",
    "0n",
    "-1S", "gzip", "identity", "5", "99999999999999999999", "\u{0}", "é", String(repeating: "x", count: 20_000),
  ]
}
