import FoundationEssentials

/// The namespace that the operator runs in.
enum OperatorNamespace {
  /// Where the installation puts it.
  static let standard = "kgateway-system"

  /// As its pod is told.
  static var own: String {
    let told = ProcessInfo.processInfo.environment["POD_NAMESPACE"] ?? ""
    return told.isEmpty ? standard : told
  }
}
