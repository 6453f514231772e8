public import ArgumentParser
public import Logging

/// How a control plane logs: always to standard error.
struct LogOptions: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
  }

  @Option(help: "One line of text for people, or one JSON object a line for machines.")
  var logFormat: Format = .text

  @Option(
    help: ArgumentHelp(
      "The least important level that is logged: trace, debug, info, notice, warning, error.", valueName: "level"))
  var logLevel: Logger.Level = .info

  func logger() -> Logger {
    let format = logFormat
    var logger = Logger(label: "kgateway") { _ in
      switch format {
      case .text: LineLogHandler(format: .text)
      case .json: LineLogHandler(format: .json)
      }
    }
    logger.logLevel = logLevel
    return logger
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
