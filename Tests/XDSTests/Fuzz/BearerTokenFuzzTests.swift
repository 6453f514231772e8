import Fuzzing
import NIOHPACK
import Testing

@testable import XDS

@Suite("Fuzzing bearer tokens")
struct BearerTokenFuzzTests {
  @Test("a damaged token is refused without being shown, or prints as nothing")
  func tokens() {
    let mutator = ByteMutator(
      corpus: [
        "Bearer eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3MDAwMDAwMDB9.c2lnbmF0dXJl", "Bearer e30.e30.b25l",
        "bearer eyJhIjoxfQ.eyJleHAiOjEuNWUzMDB9.AA",
      ],
      dictionary: [".", "=", "-", "_", " ", "Bearer ", "e30", "eyJleHAiOg", "+", "/"])
    let findings = Fuzzer("token", cases: 3_000).run {
      String(decoding: mutator.mutant(using: &$0), as: UTF8.self)
    } check: {
      text, random in
      var headers: HPACKHeaders = ["authorization": text]
      if random.chance(5) { headers.add(name: "authorization", value: text) }
      do throws(BearerToken.Problem) {
        let token = try BearerToken(headers)
        guard "\(token)" == "a bearer token", token.expiry?.isFinite ?? true else { return .fault("\(token)") }
        return token.isContained(in: text) ? .accepted : .fault("it does not know itself")
      } catch {
        let reason =
          switch error {
          case .missing(let reason), .malformed(let reason): reason
          }
        return reason.isEmpty || reason.contains(text) && text.count > 20 ? .fault(reason) : .refused
      }
    }
    #expect(findings == [])
  }
}
