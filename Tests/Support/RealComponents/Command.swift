/// What a command that ran to its end left.
package struct CommandResult: Sendable {
  /// How it ended.
  package let status: ExitStatus
  /// All that it wrote to its standard output.
  package let output: String
  /// All that it wrote to its standard error.
  package let errorOutput: String

  /// Whether it ended with code 0.
  package var succeeded: Bool { status == .exited(0) }
}

/// A command that did not do what was asked of it.
package struct CommandFailure: Error, CustomStringConvertible {
  /// The command, what happened, and the end of its output.
  package let description: String
}

/// Runs a command to its end, whatever its exit code is.
///
/// - Parameters:
///   - program: an absolute path, or a name that is looked up in `PATH`.
///   - deadline: the time it may take; after it the command is ended.
/// - Throws: `NeverCameTrue` at the deadline, `CommandFailure` if it wrote more than the settings' limit.
package func runCommand(
  _ program: String, _ arguments: [String] = [], settings: ProcessSettings = ProcessSettings(),
  deadline: Duration = .seconds(30)
) async throws -> CommandResult {
  try await withProcess(program, arguments, settings: settings) { process in
    let status = try await process.waitForExit(within: deadline)
    guard process.output.droppedBytes == 0, process.errorOutput.droppedBytes == 0 else {
      throw CommandFailure(
        description: "\(process.commandLine): wrote more than the \(settings.outputLimit) bytes that are kept")
    }
    return CommandResult(status: status, output: process.output.text, errorOutput: process.errorOutput.text)
  }
}

/// Runs a command that has to succeed, and returns what it wrote to its standard output.
///
/// - Throws: `CommandFailure` with the end of what it wrote if it ends with another code than 0; and as `runCommand`.
@discardableResult
package func outputOfCommand(
  _ program: String, _ arguments: [String] = [], settings: ProcessSettings = ProcessSettings(),
  deadline: Duration = .seconds(30)
) async throws -> String {
  let result = try await runCommand(program, arguments, settings: settings, deadline: deadline)
  guard result.succeeded else {
    throw CommandFailure(
      description: """
        \(([program] + arguments).joined(separator: " ")): \(result.status)
        \(result.output.suffix(2_000))
        \(result.errorOutput.suffix(4_000))
        """)
  }
  return result.output
}
