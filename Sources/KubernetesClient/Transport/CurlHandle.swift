import CCurl

/// One curl_easy handle, set up for one transfer. Lives on the event loop's thread.
final class CurlHandle {
  let easy: UnsafeMutableRawPointer
  let transfer: CurlTransfer
  private let server: ServerAddress
  /// Where libcurl leaves a sentence about what went wrong.
  private let errorText: UnsafeMutableBufferPointer<CChar>
  private var lists: [UnsafeMutablePointer<curl_slist>] = []

  /// A connection whose peer has left TCP unanswered for this long has failed; one on which nothing happens is found
  /// out within 10 s more.
  private static let userTimeoutMilliseconds: UInt32 = 30_000

  /// Throws when a setting is one that libcurl does not take.
  init(_ transfer: CurlTransfer, _ configuration: CurlTransport.Configuration) throws(TransportError) {
    guard let easy = curl_easy_init() else {
      throw TransportError(
        .invalidConfiguration, server: configuration.server.description, message: "libcurl gives no handle")
    }
    self.easy = easy
    self.transfer = transfer
    server = configuration.server
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0)
    try setUpReceiving()
    try setUpRequest(configuration)
    try setUpConnection(configuration)
    try setUpTLS(transfer.tls)
  }

  deinit {
    curl_easy_cleanup(easy)
    for list in lists { curl_slist_free_all(list) }
    errorText.deallocate()
  }

  /// Goes on after a pause.
  func resume() {
    curl_easy_pause(easy, CURLPAUSE_CONT)
  }

  /// The same for exchanges that share a connection; nil where it has none, or one of plain HTTP.
  var connection: UnsafeRawPointer? { ccurl_get_connection(easy) }

  /// Whether it goes over a connection that was there already.
  var reusesConnection: Bool {
    var connects = 0
    return ccurl_get_long(easy, CURLINFO_NUM_CONNECTS, &connects) == CURLE_OK && connects == 0 && connection != nil
  }

  /// Lets libcurl close the connection when the last exchange is taken off it, which this one has to be.
  func forbidReuse() {
    _ = ccurl_set_long(easy, CURLOPT_FORBID_REUSE, 1)
  }

  /// Tells the transfer's reader how libcurl ended it.
  func finish(_ code: CURLcode) {
    if code == CURLE_OK {
      transfer.finish()
    } else {
      var systemError = 0
      _ = ccurl_get_long(easy, CURLINFO_OS_ERRNO, &systemError)
      let detail = errorText.baseAddress.map { String(cString: $0) } ?? ""
      transfer.fail(
        TransportError(
          code, systemError: Int32(clamping: systemError), detail: detail, server: server.description))
    }
  }

  // MARK: Options

  private func setUpReceiving() throws(TransportError) {
    // The event loop holds this object, and so the transfer, for as long as the handle can call back.
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    try set(CURLOPT_PRIVATE, pointer: context)
    try set(CURLOPT_WRITEDATA, pointer: context)
    try set(CURLOPT_HEADERDATA, pointer: context)
    try set(CURLOPT_ERRORBUFFER, pointer: errorText.baseAddress)
    try check(ccurl_set_receiver(easy, CURLOPT_WRITEFUNCTION, receiveBody), "the body's callback")
    try check(ccurl_set_receiver(easy, CURLOPT_HEADERFUNCTION, receiveHeader), "the headers' callback")
    try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    try set(CURLOPT_BUFFERSIZE, 64 * 1024)
    // Every encoding that libcurl was built with.
    try set(CURLOPT_ACCEPT_ENCODING, "")
  }

  private func setUpRequest(_ configuration: CurlTransport.Configuration) throws(TransportError) {
    let request = transfer.request
    try set(CURLOPT_URL, server.url(asHost: configuration.tls.serverName) + request.target)
    try set(CURLOPT_USERAGENT, configuration.userAgent)
    if let body = request.body {
      let code = body.withUnsafeBytes { bytes in
        // An empty array may have no address, which libcurl would take for "no body".
        bytes.baseAddress.map { ccurl_set_body(easy, $0, bytes.count) } ?? ccurl_set_body(easy, "", 0)
      }
      try check(code, "the body")
    }
    if request.method != .get || request.body != nil {
      try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }
    var lines = request.headers.map { "\($0.name): \($0.value)" }
    // Otherwise libcurl waits up to a second for "100 Continue" before it sends a large body.
    lines.append("Expect:")
    if configuration.tls.serverName != nil { lines.append("Host: \(server.authority)") }
    try set(CURLOPT_HTTPHEADER, list: lines)
  }

  private func setUpConnection(_ configuration: CurlTransport.Configuration) throws(TransportError) {
    let timeouts = transfer.request.timeouts
    try set(CURLOPT_PROTOCOLS_STR, "http,https")
    try set(CURLOPT_NOSIGNAL, 1)
    try set(CURLOPT_TCP_KEEPALIVE, 1)
    try set(CURLOPT_TCP_KEEPIDLE, 20)
    try set(CURLOPT_TCP_KEEPINTVL, 10)
    try check(ccurl_set_user_timeout(easy, Self.userTimeoutMilliseconds), CURLOPT_SOCKOPTFUNCTION)
    try set(CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: timeouts.connect.milliseconds))
    if let total = timeouts.total { try set(CURLOPT_TIMEOUT_MS, Int(clamping: max(1, total.milliseconds))) }
    // No proxy of the environment reaches this machine's own loopback.
    if server.isLoopback { try set(CURLOPT_NOPROXY, "*") }
    switch configuration.version {
    case .negotiated:
      try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
      // Requests made together wait for the first connection to say whether it can be shared.
      try set(CURLOPT_PIPEWAIT, 1)
    case .http1:
      try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    case .http2:
      try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE))
      // libcurl before 8.0 greets again on a connection that it uses again, which ends it (curl's changes of 8.0.0).
      try set(CURLOPT_FRESH_CONNECT, 1)
      try set(CURLOPT_FORBID_REUSE, 1)
    }
    if let name = configuration.tls.serverName {
      // The handshake uses the name in the URL; the connection goes to the real address.
      try set(CURLOPT_CONNECT_TO, list: ["\(name):\(server.port):\(server.host):\(server.port)"])
    }
  }

  private func setUpTLS(_ tls: TLSSettings) throws(TransportError) {
    if tls.skipsVerification {
      try set(CURLOPT_SSL_VERIFYPEER, 0)
      try set(CURLOPT_SSL_VERIFYHOST, 0)
    }
    if let authority = tls.certificateAuthority {
      try set(CURLOPT_CAINFO_BLOB, blob: authority)
      // Without this, the system's authorities would be trusted beside the cluster's own.
      try check(ccurl_set_string(easy, CURLOPT_CAPATH, nil), CURLOPT_CAPATH)
    }
    if let identity = tls.clientIdentity {
      try set(CURLOPT_SSLCERTTYPE, "PEM")
      try set(CURLOPT_SSLCERT_BLOB, blob: identity.certificate)
      try set(CURLOPT_SSLKEYTYPE, "PEM")
      try set(CURLOPT_SSLKEY_BLOB, blob: identity.key)
    }
  }

  private func set(_ option: CURLoption, _ value: Int) throws(TransportError) {
    try check(ccurl_set_long(easy, option, value), option)
  }

  private func set(_ option: CURLoption, _ value: String) throws(TransportError) {
    try check(ccurl_set_string(easy, option, value), option)
  }

  private func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer?) throws(TransportError) {
    try check(ccurl_set_pointer(easy, option, pointer), option)
  }

  private func set(_ option: CURLoption, blob: [UInt8]) throws(TransportError) {
    let code = blob.withUnsafeBytes { bytes in
      bytes.baseAddress.map { ccurl_set_blob(easy, option, $0, bytes.count) } ?? CURLE_BAD_FUNCTION_ARGUMENT
    }
    try check(code, option)
  }

  private func set(_ option: CURLoption, list lines: [String]) throws(TransportError) {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines {
      guard let longer = curl_slist_append(list, line) else {
        if let list { curl_slist_free_all(list) }
        throw TransportError(.invalidConfiguration, server: server.description, message: "out of memory")
      }
      list = longer
    }
    guard let list else { return }
    lists.append(list)
    try set(option, pointer: list)
  }

  private func check(_ code: CURLcode, _ option: CURLoption) throws(TransportError) {
    try check(code, "option \(option.rawValue)")
  }

  /// The value is not told: it may be a secret.
  private func check(_ code: CURLcode, _ what: String) throws(TransportError) {
    guard code != CURLE_OK else { return }
    throw TransportError(
      .invalidConfiguration, server: server.description,
      message: "libcurl does not take \(what): \(String(cString: curl_easy_strerror(code)))")
  }
}

private func receiveBody(
  _ bytes: UnsafeMutablePointer<CChar>, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  return switch transfer.receive(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) {
  case .taken: size * count
  case .pause: Int(CURL_WRITEFUNC_PAUSE)
  // libcurl takes any other number for a failure, and ends the transfer.
  case .end: 0
  }
}

private func receiveHeader(
  _ bytes: UnsafeMutablePointer<CChar>, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  transfer.receive(headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count))
  return size * count
}
