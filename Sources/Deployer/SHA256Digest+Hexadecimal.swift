import Crypto

extension SHA256Digest {
  /// The first bytes, each as two hexadecimal digits.
  func hexadecimal(bytes count: Int) -> String {
    prefix(count).map { byte in
      let digits = String(byte, radix: 16)
      return byte < 16 ? "0" + digits : digits
    }.joined()
  }
}
