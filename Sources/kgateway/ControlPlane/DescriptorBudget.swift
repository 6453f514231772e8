#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The file descriptors that this process may have, shared out among those who can make it use them, so that some are
/// left for itself whoever connects. Without any, more fails than the next connection: libdispatch, which looks at its
/// own threads in `/proc`, ends the process.
struct DescriptorBudget: Equatable {
  /// What the process needs for itself: a connection to the API server for each list at the start, files, event loops,
  /// ports that it listens on, pipes.
  static let reserve = 48
  /// More than these never connect to one of the small HTTP ports, but by mistake or in bad faith.
  private static let mostHTTPClients = 256
  private static let mostProxies = 8_192
  private static let httpPorts = 3
  private static let mostOfUse: rlim_t = 16_384

  /// How many connections of proxies may be open.
  let proxies: Int
  /// How many connections each of the ports for metrics, health and pages may have open.
  let httpClients: Int

  /// - Parameter limit: how many descriptors the process may have in all.
  init(limit: Int) {
    let available = max(0, limit - Self.reserve)
    httpClients = min(max(available / 8, 2), Self.mostHTTPClients)
    proxies = min(max(available - Self.httpPorts * httpClients, 2), Self.mostProxies)
  }

  /// Raises the process' soft limit (1,024 in most shells, for the sake of programs that use `select`) as far as it is
  /// allowed and of use. No further: there are programs that close every number below their limit when they start
  /// another one, and the proxies of `kgateway standalone` inherit it.
  static func claim() -> DescriptorBudget {
    var limit = rlimit()
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let resource = RLIMIT_NOFILE
    #endif
    guard getrlimit(resource, &limit) == 0 else { return DescriptorBudget(limit: 1_024) }
    let granted = limit.rlim_cur
    limit.rlim_cur = max(granted, min(limit.rlim_max, mostOfUse))
    let isRaised = setrlimit(resource, &limit) == 0
    return DescriptorBudget(limit: Int(clamping: isRaised ? limit.rlim_cur : granted))
  }
}
