import CCurl

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension TransportError {
  /// What libcurl's code means to the person who has to mend it. `detail` is libcurl's own sentence.
  init(_ code: CURLcode, systemError: Int32, detail: String, server: String) {
    let words = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
    switch code {
    case CURLE_COULDNT_CONNECT where systemError == ECONNREFUSED:
      self.init(
        .connectionRefused, server: server,
        message: "connection refused: nothing listens there (is the API server running, and the address right?)")
    case CURLE_COULDNT_CONNECT:
      self.init(.unreachable, server: server, message: "no connection: \(words)")
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
      self.init(.hostNotFound, server: server, message: "the host's name has no address: \(words)")
    case CURLE_OPERATION_TIMEDOUT:
      self.init(.timedOut, server: server, message: "no answer in time: \(words)")
    case CURLE_PEER_FAILED_VERIFICATION:
      self.init(.tls, server: server, message: "the server's certificate is not trusted: \(words)")
    case CURLE_SSL_CERTPROBLEM:
      self.init(.tls, server: server, message: "the client certificate or its key cannot be used: \(words)")
    case CURLE_SSL_CACERT_BADFILE:
      self.init(.tls, server: server, message: "the certificate authority's certificate cannot be read: \(words)")
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_INITFAILED:
      self.init(.tls, server: server, message: "the TLS handshake failed: \(words)")
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING:
      self.init(.malformedResponse, server: server, message: "the answer cannot be read: \(words)")
    case CURLE_URL_MALFORMAT:
      self.init(.invalidConfiguration, server: server, message: "the address cannot be used: \(words)")
    default:
      self.init(.connectionLost, server: server, message: "the connection broke: \(words)")
    }
  }
}
