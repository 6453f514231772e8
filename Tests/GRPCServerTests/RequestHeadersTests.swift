import NIOCore
import NIOHPACK
import Testing

@testable import GRPCServer

@Suite("What a gRPC request's headers must be")
struct RequestHeadersTests {
  private func refusal(_ change: (inout HPACKHeaders) -> Void) -> GRPCRequestHeaders.Refusal? {
    var headers = HPACKHeaders.request("/test.Echo/Unary")
    change(&headers)
    guard case .failure(let refusal) = GRPCRequestHeaders.check(headers, maximumLength: 1024) else { return nil }
    return refusal
  }

  @Test("a well-formed request is taken")
  func wellFormed() throws {
    let request = try GRPCRequestHeaders.check(.request("/test.Echo/Unary"), maximumLength: 1024).get()
    #expect(request.path == "/test.Echo/Unary")
    #expect(request.timeout == nil)
  }

  @Test(
    "protobuf's content types are taken",
    arguments: ["application/grpc", "application/grpc+proto", "Application/gRPC", "application/grpc;charset=utf-8"])
  func contentTypes(_ type: String) {
    #expect(refusal { $0.replaceOrAdd(name: "content-type", value: type) } == nil)
  }

  @Test(
    "another content type is refused with HTTP's 415",
    arguments: ["application/json", "application/grpc+json", "application/grpc-web", "text/plain", ""])
  func otherContentTypes(_ type: String) {
    #expect(refusal { $0.replaceOrAdd(name: "content-type", value: type) }?.httpStatus == "415")
    #expect(refusal { $0.remove(name: "content-type") }?.httpStatus == "415")
  }

  @Test("another HTTP method than POST is refused with HTTP's 405", arguments: ["GET", "PUT", "post"])
  func methods(_ method: String) {
    #expect(refusal { $0.replaceOrAdd(name: ":method", value: method) }?.httpStatus == "405")
  }

  @Test("a request whose te lacks trailers is refused as one that trailers would not reach")
  func trailersRequired() {
    #expect(refusal { $0.remove(name: "te") }?.status.code == .internal)
    #expect(refusal { $0.replaceOrAdd(name: "te", value: "deflate") }?.status.code == .internal)
    #expect(refusal { $0.replaceOrAdd(name: "te", value: "deflate, trailers") } == nil)
  }

  @Test("headers over the limit are refused with RESOURCE_EXHAUSTED, those at the limit are taken")
  func headerLimit() throws {
    // RFC 9113 section 6.5.2 counts 32 bytes for each header beside its name and value.
    let base = HPACKHeaders.request("/p").reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 32 }
    func check(valueLength: Int) -> Result<GRPCRequestHeaders.Request, GRPCRequestHeaders.Refusal> {
      var headers = HPACKHeaders.request("/p")
      headers.add(name: "x", value: String(repeating: "v", count: valueLength))
      return GRPCRequestHeaders.check(headers, maximumLength: base + 33 + 100)
    }
    _ = try check(valueLength: 100).get()
    #expect { try check(valueLength: 101).get() } throws: {
      ($0 as? GRPCRequestHeaders.Refusal)?.status.code == .resourceExhausted
    }
  }

  @Test("a malformed grpc-timeout is refused")
  func malformedTimeout() {
    #expect(refusal { $0.add(name: "grpc-timeout", value: "soon") }?.status.code == .internal)
    #expect(refusal { $0.add(name: "grpc-timeout", value: "100m") } == nil)
  }

  @Test(
    "grpc-timeout is read in each of its units",
    arguments: [
      ("1H", TimeAmount.hours(1)), ("2M", .minutes(2)), ("3S", .seconds(3)), ("4m", .milliseconds(4)),
      ("5u", .microseconds(5)), ("6n", .nanoseconds(6)), ("0S", .zero), ("00000010m", .milliseconds(10)),
    ])
  func timeoutUnits(_ value: String, _ expected: TimeAmount) {
    #expect(GRPCTimeout.parse(value) == expected)
  }

  @Test("a grpc-timeout that 64 bits of nanoseconds do not hold is taken for the longest one")
  func hugeTimeout() {
    #expect(GRPCTimeout.parse("99999999H") == GRPCTimeout.longest)
    #expect(GRPCTimeout.parse("99999999M") == GRPCTimeout.longest)
  }

  @Test(
    "what is not a grpc-timeout is not taken for one",
    arguments: ["", "1", "S", "-1S", "+1S", "1.5S", "123456789S", "1s", "1 S", "١S", "1S ", "0x1S", "🕐"])
  func notATimeout(_ value: String) {
    #expect(GRPCTimeout.parse(value) == nil)
  }
}

@Suite("The header blocks of gRPC answers")
struct ResponseHeadersTests {
  @Test(
    "a status message is percent-encoded as UTF-8",
    arguments: [
      ("plain text: fine!", "plain text: fine!"), ("100%", "100%25"), ("a\nb\tc", "a%0Ab%09c"),
      ("Größe", "Gr%C3%B6%C3%9Fe"), ("日", "%E6%97%A5"), ("\u{7F}", "%7F"), ("", ""),
    ])
  func encoding(_ message: String, _ expected: String) {
    #expect(GRPCResponseHeaders.encoded(message: message) == expected)
  }

  @Test("a long status message is cut between characters, within the limit")
  func longMessages() {
    let cut = GRPCResponseHeaders.encoded(message: String(repeating: "ö", count: 5000))
    #expect(cut.utf8.count == 4096 / 6 * 6)
    #expect(cut.hasSuffix("%C3%B6"))
    #expect(GRPCResponseHeaders.encoded(message: String(repeating: "x", count: 4096)).utf8.count == 4096)
    #expect(GRPCResponseHeaders.encoded(message: String(repeating: "x", count: 4097)).utf8.count == 4096)
  }

  @Test("trailers hold the status, and its message only if there is one")
  func trailers() {
    #expect(GRPCResponseHeaders.trailers(.ok) == ["grpc-status": "0"])
    #expect(
      GRPCResponseHeaders.trailers(GRPCStatus(.notFound, "no such thing")) == [
        "grpc-status": "5", "grpc-message": "no such thing",
      ])
  }

  @Test("an answer without messages carries its status in the only header block")
  func trailersOnly() {
    #expect(
      GRPCResponseHeaders.trailersOnly(GRPCStatus(.aborted)) == [
        ":status": "200", "content-type": "application/grpc", "grpc-status": "10",
      ])
    // HTTP/2 wants pseudo-headers first.
    let refusal = GRPCResponseHeaders.trailersOnly(GRPCStatus(.internal), httpStatus: "415")
    #expect(refusal.map(\.name) == [":status", "content-type", "grpc-status"])
    #expect(refusal.first(name: ":status") == "415")
  }

  @Test("UNIMPLEMENTED tells which encodings are accepted")
  func acceptedEncodings() {
    let trailers = GRPCResponseHeaders.trailers(GRPCStatus(.unimplemented))
    #expect(trailers.first(name: "grpc-accept-encoding") == "identity")
  }
}
