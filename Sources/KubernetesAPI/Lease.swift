/// `coordination.k8s.io/v1` Lease: which of several replicas leads.
package struct Lease: Hashable, Sendable {
  package var metadata: ObjectMeta
  /// Empty: nobody, so that it is free to be taken.
  package var holderIdentity: String
  /// For how long after a change the holder holds it; nil where it is not said.
  package var durationSeconds: Int?
  /// RFC 3339 with microseconds, by the clock of the holder at that time; for people only.
  package var acquireTime: String?
  /// As `acquireTime`.
  package var renewTime: String?
  /// How often it went from one holder to another.
  package var transitions: Int
  /// The annotation ``addressAnnotation``: where the other replicas reach the holder, `HOST:PORT`.
  package var address: String?
  /// What else there is, which a replacement has to keep.
  var unread = Unread()

  package static let addressAnnotation = "gateway.kgateway.dev/xds-address"

  package init(
    metadata: ObjectMeta, holderIdentity: String = "", durationSeconds: Int? = nil, acquireTime: String? = nil,
    renewTime: String? = nil, transitions: Int = 0, address: String? = nil
  ) {
    self.metadata = metadata
    self.holderIdentity = holderIdentity
    self.durationSeconds = durationSeconds
    self.acquireTime = acquireTime
    self.renewTime = renewTime
    self.transitions = transitions
    self.address = address
  }

  /// JSON that is written as it was read.
  struct Unread: Hashable, Sendable {
    /// The whole of `metadata`: with labels, annotations and owners. Empty for a Lease that was not read.
    var metadata: [UInt8] = []
    /// The address in there.
    var address: String?
    /// Fields of the spec, by name.
    var spec: [String: [UInt8]] = [:]
  }
}
