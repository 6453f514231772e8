import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An address to listen on.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// A name or an IP address, an IPv6 one without brackets.
  package let host: String
  /// The port; 0 for a free one.
  package let port: Int

  /// That port of that host.
  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// `HOST:PORT`, an IPv6 address in brackets.
  package var description: String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

/// An address that cannot be listened on.
package struct ListenFailure: Error, CustomStringConvertible {
  /// One line: for what, which address, why.
  package let description: String

  init(purpose: String, address: ListenAddress, cause: any Error) {
    let reason =
      switch (cause as? IOError)?.errnoCode {
      case EADDRINUSE: "another process listens there"
      case EACCES: "no permission for this port"
      case EADDRNOTAVAIL: "this machine has no such address"
      default: "\(cause)"
      }
    description = "cannot listen for \(purpose) on \(address): \(reason)"
  }
}
