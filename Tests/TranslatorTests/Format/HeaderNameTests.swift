import Testing

@testable import Translator

@Suite("Names of headers")
struct HeaderNameTests {
  @Test("a name is a token, no longer than Envoy takes")
  func names() {
    #expect(HeaderName.isValid("X-Y_Z.1!#$&'*+^`|~"))
    #expect(HeaderName.isValid(":path", allowsPseudoHeader: true) && !HeaderName.isValid(":path"))
    #expect(!HeaderName.isValid("") && !HeaderName.isValid(":", allowsPseudoHeader: true))
    #expect(!HeaderName.isValid("a b") && !HeaderName.isValid("é") && !HeaderName.isValid("a:"))
    #expect(HeaderName.isValid(String(repeating: "x", count: 16_384)))
    #expect(!HeaderName.isValid(String(repeating: "x", count: 16_385)))
  }
}
