import FoundationEssentials

/// The name of this replica, by which people find it: in the Lease that it holds, and in the Events that it writes.
enum ReplicaName {
  /// Of the pod where one is told; its host name differs where the pod sets `hostNetwork` or `hostname`. Else the
  /// host's.
  static var own: String {
    let told = ProcessInfo.processInfo.environment["POD_NAME"] ?? ""
    return told.isEmpty ? ProcessInfo.processInfo.hostName : told
  }
}
