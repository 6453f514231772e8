import Testing
import Translator

@Suite("Format strings")
struct FormatStringTests {
  @Test("literals and operators are taken apart, with arguments and lengths")
  func takesApart() throws {
    let format = try FormatString(parsing: "%REQ(:METHOD)% took %DURATION% ms, 100%% of %REQ(X-A?X-B):5%")
    #expect(
      format.segments == [
        .operation(.init(name: "REQ", argument: ":METHOD")), .literal(" took "),
        .operation(.init(name: "DURATION")), .literal(" ms, 100% of "),
        .operation(.init(name: "REQ", argument: "X-A?X-B", length: 5)),
      ])
  }

  @Test("an argument ends at the first parenthesis that a percent sign or a length follows")
  func argumentsMayHaveParenthesesAndPercentSigns() throws {
    let format = try FormatString(parsing: "%START_TIME(%Y (%m) %d)%%CEL(size(request.headers['a']) % 2):3%%%")
    #expect(
      format.segments == [
        .operation(.init(name: "START_TIME", argument: "%Y (%m) %d")),
        .operation(.init(name: "CEL", argument: "size(request.headers['a']) % 2", length: 3)),
        .literal("%"),
      ])
  }

  @Test("the empty string, and empty parentheses, are nothing")
  func emptyParts() throws {
    #expect(try FormatString(parsing: "").segments.isEmpty)
    #expect(try FormatString(parsing: "%DURATION()%").segments == [.operation(.init(name: "DURATION"))])
  }

  @Test("text of any language stands as it is, and places are counted in characters")
  func unicode() throws {
    #expect(try FormatString(parsing: "größe 👩‍👩‍👧 %%").segments == [.literal("größe 👩‍👩‍👧 %")])
    let error = #expect(throws: FormatStringError.self) { try FormatString(parsing: "größe 👩‍👩‍👧: %NOPE%") }
    #expect(error?.position == 9)
  }

  @Test("what is not right is named with its place and what to write", arguments: FormatStringCases.bad)
  func faultsAreNamed(_ faulty: FormatStringCases.Faulty) {
    let error = #expect(throws: FormatStringError.self) { try FormatString(parsing: faulty.text) }
    #expect(error?.description == faulty.message)
  }

  @Test("what Envoy takes is taken", arguments: FormatStringCases.good)
  func goodOnesAreTaken(_ text: String) {
    #expect(throws: Never.self) { try FormatString(parsing: text) }
  }
}
