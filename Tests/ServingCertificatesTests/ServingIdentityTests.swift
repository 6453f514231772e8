import ServingCertificates
import Testing

@Suite("A serving identity")
struct ServingIdentityTests {
  @Test("prints without its key")
  func description() {
    let identity = ServingIdentity(
      certificateChain: Array("certificate".utf8), privateKey: Array("key".utf8), authorities: Array("ca".utf8))
    #expect("\(identity)" == "a serving identity")
    #expect(String(reflecting: identity) == "a serving identity")
  }
}
