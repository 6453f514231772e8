import NIOCore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Why a server could not start.
package enum GRPCServerError: Error, Sendable {
  /// The address cannot be listened on; `reason` says why, in lower case.
  case cannotListen(host: String, port: Int, reason: String)

  /// The certificate, its key or the trust roots cannot be used.
  case unusableTLS(reason: String)

  /// ``GRPCServer/start()`` was called a second time, or after the server was shut down.
  case alreadyStarted
}

extension GRPCServerError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .cannotListen(let host, let port, let reason):
      "cannot listen on \(host.contains(":") ? "[\(host)]" : host):\(port): \(reason)"
    case .unusableTLS(let reason): "the gRPC server's TLS settings cannot be used: \(reason)"
    case .alreadyStarted: "the gRPC server was started before; make a new one"
    }
  }
}

extension GRPCServerError {
  static func cannotListen(host: String, port: Int, _ error: any Error) -> GRPCServerError {
    let reason =
      switch error {
      case let error as IOError: Self.reason(errno: error.errnoCode) ?? "\(error)"
      case is SocketAddressError.UnknownHost, SocketAddressError.unknown: "there is no such host"
      default: "\(error)"
      }
    return .cannotListen(host: host, port: port, reason: reason)
  }

  private static func reason(errno: CInt) -> String? {
    switch errno {
    case EADDRINUSE: "address already in use"
    case EADDRNOTAVAIL: "this machine has no such address"
    case EACCES: "permission denied (ports below 1024 are privileged)"
    default: nil
    }
  }
}
