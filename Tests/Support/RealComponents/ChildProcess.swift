import Subprocess
import Synchronization

#if canImport(System)
  import System
#else
  import SystemPackage
#endif

/// What a child process is started with.
package struct ProcessSettings: Sendable {
  /// Variables added to (or, with nil, taken from) those of the test.
  package var environment: [String: String?] = [:]
  /// The folder it runs in; that of the test if nil.
  package var workingDirectory: String?
  /// All of its standard input, which then ends.
  package var standardInput: [UInt8] = []
  /// The number of bytes that are kept of each output stream.
  package var outputLimit = 16 << 20
  /// The time between SIGTERM and SIGKILL when the scope of the process ends before it.
  package var graceToEnd: Duration = Sanitizer.patience(.seconds(5))

  /// The settings named, and otherwise the usual ones.
  package init(
    environment: [String: String?] = [:], workingDirectory: String? = nil, standardInput: String = ""
  ) {
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.standardInput = Array(standardInput.utf8)
  }
}

/// How a process ended.
package enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
  /// It ended by itself with that code.
  case exited(Int32)
  /// That signal ended it.
  case signaled(Int32)

  package var description: String {
    switch self {
    case .exited(let code): "exit code \(code)"
    case .signaled(let signal): "ended by signal \(signal)"
    }
  }
}

/// A signal that tests send.
package enum ProcessSignal: Sendable {
  /// Asks to end (SIGTERM).
  case terminate
  /// As from a terminal's Ctrl-C (SIGINT).
  case interrupt
  /// Ends at once (SIGKILL).
  case kill
  /// Stops without ending (SIGSTOP), as a machine that hangs.
  case suspend
  /// Goes on after `suspend` (SIGCONT).
  case resume
  /// SIGHUP.
  case hangUp
  /// SIGUSR1; Envoy reopens its access logs.
  case userDefined1

  fileprivate var signal: Signal {
    switch self {
    case .terminate: .terminate
    case .interrupt: .interrupt
    case .kill: .kill
    case .suspend: .suspend
    case .resume: .resume
    case .hangUp: .terminalClosed
    case .userDefined1: .userDefinedOne
    }
  }
}

/// A child process within `withProcess`.
package final class ChildProcess: Sendable {
  private enum State {
    case starting
    case running(id: Int32, send: @Sendable (Signal) throws -> Void)
    case ended(ExitStatus)
    case failedToStart(any Error)
  }

  /// The program and its arguments, for messages.
  package let commandLine: String
  /// What it has written to its standard output.
  package let output: ProcessOutput
  /// What it has written to its standard error.
  package let errorOutput: ProcessOutput
  private let state = Mutex(State.starting)

  fileprivate init(commandLine: String, outputLimit: Int) {
    self.commandLine = commandLine
    self.output = ProcessOutput(limit: outputLimit)
    self.errorOutput = ProcessOutput(limit: outputLimit)
  }

  private var currentState: State { state.withLock { $0 } }

  /// Its process id while it runs.
  package var id: Int32? {
    guard case .running(let id, _) = currentState else { return nil }
    return id
  }

  /// How it ended; nil while it runs.
  package var exitStatus: ExitStatus? {
    guard case .ended(let status) = currentState else { return nil }
    return status
  }

  /// Sends a signal to it alone; nothing happens if it has ended.
  package func send(_ signal: ProcessSignal) throws {
    guard case .running(_, let send) = currentState else { return }
    try send(signal.signal)
  }

  /// Waits until it has ended by itself or by a signal that was sent. All of its output is then there.
  ///
  /// - Throws: `NeverCameTrue` with the end of its output.
  @discardableResult
  package func waitForExit(within limit: Duration = .seconds(10)) async throws -> ExitStatus {
    do {
      return try await eventuallyValue("\(commandLine) ends", within: limit, every: .milliseconds(5)) { exitStatus }
    } catch let error as NeverCameTrue {
      throw error.adding("it wrote:\n\(output.tail(20))\n\(errorOutput.tail(20))")
    }
  }
}

/// Starts a program, runs the body beside it, and ends the program when the body is through, however it is through:
/// SIGTERM, after the grace SIGKILL. No process is left behind.
///
/// - Parameters:
///   - program: an absolute path, or a name that is looked up in `PATH`.
/// - Throws: what the body throws, or why the program did not start.
package func withProcess<Result>(
  _ program: String, _ arguments: [String] = [], settings: ProcessSettings = ProcessSettings(),
  _ body: (ChildProcess) async throws -> Result
) async throws -> Result {
  let commandLine = ([program.split(separator: "/").last.map(String.init) ?? program] + arguments)
    .joined(separator: " ")
  let process = ChildProcess(commandLine: commandLine, outputLimit: settings.outputLimit)
  return try await withThrowingTaskGroup { group in
    group.addTask { await process.run(program, arguments, settings) }
    do {
      try await process.waitUntilStarted()
      let result = try await body(process)
      group.cancelAll()  // makes Subprocess go through the teardown sequence
      try await group.waitForAll()
      return result
    } catch {
      group.cancelAll()
      try? await group.waitForAll()
      throw error
    }
  }
}

extension ChildProcess {
  /// Runs the program to its end, or to that of the task.
  fileprivate func run(_ program: String, _ arguments: [String], _ settings: ProcessSettings) async {
    var options = PlatformOptions()
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: settings.graceToEnd)]
    let environment = Dictionary(
      uniqueKeysWithValues: settings.environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
    let configuration = Configuration(
      executable: program.contains("/") ? .path(FilePath(program)) : .name(program),
      arguments: Arguments(arguments), environment: .inherit.updating(environment),
      workingDirectory: settings.workingDirectory.map { FilePath($0) }, platformOptions: options)
    do {
      let input = try StandardInput.open(settings.standardInput)
      let outcome = try await Subprocess.run(
        configuration, input: .fileDescriptor(input, closeAfterSpawningProcess: true), output: .sequence,
        error: .sequence
      ) { execution in
        state.withLock {
          $0 = .running(id: execution.processIdentifier.value) { try execution.send(signal: $0) }
        }
        async let errors: Void = collect(execution.standardError, in: errorOutput)
        await collect(execution.standardOutput, in: output)
        await errors
      }
      let status: ExitStatus =
        switch outcome.terminationStatus {
        case .exited(let code): .exited(code)
        case .signaled(let signal): .signaled(signal)
        }
      state.withLock { $0 = .ended(status) }
    } catch {
      state.withLock { $0 = .failedToStart(error) }
    }
  }

  /// Reads to the end. A stream that fails has ended: its process is about to be reaped.
  private func collect(_ stream: SubprocessOutputSequence, in output: ProcessOutput) async {
    do {
      for try await buffer in stream { output.append(buffer.bytes) }
    } catch {}
  }

  fileprivate func waitUntilStarted() async throws {
    try await eventually("\(commandLine) starts", every: .milliseconds(1)) {
      guard case .starting = currentState else { return true }
      return false
    }
    if case .failedToStart(let error) = currentState { throw error }
  }
}
