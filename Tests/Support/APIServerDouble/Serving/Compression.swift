import CGzip

extension APIResponse {
  /// What is longer than this is compressed for those who take it, as the real server does.
  private static let compressionThreshold = 128 * 1024

  /// The same answer, compressed where that is worth it and the client takes it.
  func compressed(acceptEncoding: String) -> APIResponse {
    let accepted = acceptEncoding.split(separator: ",").map { $0.prefix { $0 != ";" }.filter { $0 != " " } }
    guard case .bytes(let bytes) = body, bytes.count > Self.compressionThreshold, accepted.contains("gzip") else {
      return self
    }
    var response = self
    response.body = .bytes(gzip(bytes))
    response.headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
    return response
  }
}

/// The bytes as a gzip stream.
package func gzip(_ bytes: [UInt8]) -> [UInt8] {
  let capacity = cgzip_bound(bytes.count)
  return [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
    guard let target = output.baseAddress else { return }
    count = bytes.withUnsafeBufferPointer { bytes in
      bytes.baseAddress.map { cgzip($0, bytes.count, target, capacity) } ?? 0
    }
  }
}
