import RealComponents
import Testing

@Suite("Child processes of tests")
struct ChildProcessTests {
  @Test("a command's output, error output and exit code are told apart")
  func commandResult() async throws {
    let result = try await runCommand("/bin/sh", ["-c", "echo out; echo err >&2; printf unfinished; exit 3"])
    #expect(result.status == .exited(3))
    #expect(!result.succeeded)
    #expect(result.output == "out\nunfinished")
    #expect(result.errorOutput == "err\n")
  }

  @Test("all output of a process that ends at once is there")
  func wholeOutput() async throws {
    let output = try await outputOfCommand("seq", ["1", "20000"])
    #expect(output.split(separator: "\n").count == 20_000)
    #expect(output.hasSuffix("\n20000\n"))
  }

  @Test("standard input and variables reach the command")
  func input() async throws {
    var settings = ProcessSettings(environment: ["GREETING": "hello"], standardInput: "world")
    settings.workingDirectory = "/"
    let output = try await outputOfCommand("sh", ["-c", "echo $GREETING; cat; pwd"], settings: settings)
    #expect(output == "hello\nworld/\n")
  }

  @Test("a command that ends without having read its input ends alone, and says what it has to")
  func unreadInput() async throws {
    let settings = ProcessSettings(standardInput: String(repeating: "unread\n", count: 100_000))
    let result = try await runCommand("/bin/sh", ["-c", "echo enough >&2; exit 3"], settings: settings)
    #expect(result.status == .exited(3))
    #expect(result.errorOutput == "enough\n")
  }

  @Test("a command that fails where it must not says with which code and what it wrote")
  func failure() async throws {
    let failure = await #expect(throws: CommandFailure.self) {
      try await outputOfCommand("sh", ["-c", "echo the cause >&2; exit 7"])
    }
    let text = try #require(failure).description
    #expect(text.contains("exit code 7"))
    #expect(text.contains("the cause"))
  }

  @Test("a command is ended at its deadline")
  func deadline() async throws {
    let failure = await #expect(throws: NeverCameTrue.self) {
      try await runCommand("sh", ["-c", "echo begun; exec sleep 60"], deadline: .milliseconds(300))
    }
    #expect(try #require(failure).description.contains("begun"))
  }

  @Test("a program that does not exist is an error, not a hang")
  func absentProgram() async {
    await #expect(throws: (any Error).self) { try await runCommand("/nonexistent/program") }
  }

  @Test("lines can be waited for as they come")
  func waitsForLines() async throws {
    try await withProcess("sh", ["-c", "echo first; read line; echo second"]) { process in
      let first = try await process.output.line("the first line") { $0.hasPrefix("f") }
      let second = try await process.output.line("the second line") { $0.hasPrefix("s") }
      let status = try await process.waitForExit()
      #expect([first, second] == ["first", "second"])
      #expect(status == .exited(0))
    }
  }

  @Test("a process that ends by a signal tells which")
  func signal() async throws {
    try await withProcess("sleep", ["60"]) { process in
      try process.send(.kill)
      let status = try await process.waitForExit()
      #expect(status == .signaled(9))
    }
  }

  @Test("a process does not outlive its scope, although it ignores SIGTERM and the body throws")
  func endsWithScope() async throws {
    struct BodyError: Error {}
    var settings = ProcessSettings()
    settings.graceToEnd = .milliseconds(200)
    var id: Int32?
    await #expect(throws: BodyError.self) {
      try await withProcess("sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"], settings: settings) {
        process in
        try await process.output.line("ready") { $0 == "ready" }
        id = process.id
        throw BodyError()
      }
    }
    let running = try await runCommand("kill", ["-0", "\(try #require(id))"])
    #expect(!running.succeeded)
  }

  @Test("old output goes when there is more than the limit")
  func boundedOutput() async throws {
    var settings = ProcessSettings()
    settings.outputLimit = 1_000
    try await withProcess("seq", ["1", "20000"], settings: settings) { process in
      try await process.waitForExit()
      #expect(process.output.text.utf8.count <= 1_500)
      #expect(process.output.lines.last == "20000")
      #expect(process.output.droppedBytes > 100_000)
    }
    await #expect(throws: CommandFailure.self) { try await runCommand("seq", ["1", "20000"], settings: settings) }
  }
}
