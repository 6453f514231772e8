import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// TCP ports of 127.0.0.1 for programs that cannot choose one by themselves.
package enum LoopbackPorts {
  /// Below the range from which Linux takes the local ports of outgoing connections, so that no connection which is
  /// made meanwhile takes the port away.
  private static let range = 20_000..<32_000
  private static let given = Mutex(Set<Int>())

  /// A port on which nothing listens now, and that this process was not given before.
  ///
  /// - Throws: `NoFreePort`, after many tries.
  package static func free() throws(NoFreePort) -> Int {
    for _ in 0..<1_000 {
      let port = Int.random(in: range)
      let isNew = given.withLock { $0.insert(port).inserted }
      if isNew, canListen(on: port) { return port }
    }
    throw NoFreePort()
  }

  /// That many different free ports.
  package static func free(_ count: Int) throws(NoFreePort) -> [Int] {
    var ports: [Int] = []
    for _ in 0..<count { ports.append(try free()) }
    return ports
  }

  /// No port could be bound in many tries.
  package struct NoFreePort: Error, CustomStringConvertible {
    package let description = "no free TCP port was found on 127.0.0.1"
  }

  private static func canListen(on port: Int) -> Bool {
    #if canImport(Darwin)
      let type = SOCK_STREAM
    #else
      let type = Int32(SOCK_STREAM.rawValue)
    #endif
    let descriptor = socket(AF_INET, type, 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
