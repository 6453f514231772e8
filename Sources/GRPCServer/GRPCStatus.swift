/// The outcome of a call: a code and, for anything but ``ok``, a message for people.
///
/// Thrown by a unary method it goes to the client as it is, so its message must hold no secret.
package struct GRPCStatus: Error, Sendable, Hashable {
  /// The status codes of gRPC; the raw value is what `grpc-status` carries.
  package enum Code: Int, Sendable, Hashable, CaseIterable {
    case ok = 0
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16
  }

  /// What kind of outcome this is.
  package var code: Code

  /// What happened, for people; empty when there is nothing to say.
  package var message: String

  /// Makes a status; a message longer than 4 KiB on the wire is cut there.
  package init(_ code: Code, _ message: String = "") {
    self.code = code
    self.message = message
  }

  /// The call did what was asked.
  package static let ok = GRPCStatus(.ok)
}

extension GRPCStatus: CustomStringConvertible {
  package var description: String {
    message.isEmpty ? "\(code)" : "\(code): \(message)"
  }
}
