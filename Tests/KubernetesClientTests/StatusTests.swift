import JSON
import Testing

@testable import KubernetesClient

@Suite("What a refusal says")
struct StatusTests {
  func status(_ transcript: String) throws -> Status {
    let answer = try Transcript(transcript)
    return Status(head: answer.head, body: answer.body)
  }

  @Test("an invalid object: each field with its reason")
  func invalid() throws {
    let status = try status("07-create-invalid-schema")
    #expect(status.code == 422)
    #expect(status.reason == "Invalid")
    #expect(status.causes.map(\.field) == ["spec.listeners[0].port"])
    #expect(status.causes.map(\.reason) == ["FieldValueInvalid"])
    #expect(status.causes[0].message.contains("99999"))
  }

  @Test("a conflict of an apply: the field and its manager")
  func conflict() throws {
    let status = try status("24-apply-conflict")
    #expect(status.reason == "Conflict")
    #expect(
      status.causes == [
        Status.Cause(
          field: #".spec.listeners[name="http"].port"#, reason: "FieldManagerConflict", message: #"conflict with "one""#
        )
      ])
  }

  @Test("the plain text of an absent group is a NotFound")
  func plainText() throws {
    let status = try status("04-absent-group")
    #expect(status == Status(code: 404, reason: "NotFound", message: "404 page not found"))
    #expect(status.description == "404 NotFound: 404 page not found")
  }

  @Test("the time to wait is taken from the body, or from the header")
  func retryAfter() throws {
    #expect(try status("38-list-future-rv").retryAfterSeconds == 1)
    let head = HTTPResponseHead(status: 429, headers: ["retry-after": "7"])
    #expect(Status(head: head, body: []).retryAfterSeconds == 7)
    #expect(Status(head: head, body: []).reason == "TooManyRequests")
  }

  @Test("a body that is no Status does no harm", arguments: ["", "{", "[]", #"{"kind":"Pod"}"#, "<html>\n<body>"])
  func otherBodies(body: String) {
    let status = Status(head: HTTPResponseHead(status: 502), body: Array(body.utf8))
    #expect(status.code == 502)
    #expect(status.reason == "Unknown")
  }
}
