/// `v1` Secret. Prints without its data, so that no message can leak it.
package struct Secret: Hashable, Sendable {
  /// The type of a Secret with a certificate, which has to have `tls.crt` and `tls.key`. Cannot be changed.
  package static let tlsType = "kubernetes.io/tls"

  package var metadata: ObjectMeta
  package var type: String
  package var data: [String: [UInt8]]
  /// The whole of `metadata` as it was read, which a replacement has to keep; empty for a Secret that was not read.
  var unreadMetadata: [UInt8] = []

  package init(metadata: ObjectMeta, type: String = Secret.tlsType, data: [String: [UInt8]] = [:]) {
    self.metadata = metadata
    self.type = type
    self.data = data
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "Secret \(metadata.id)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
