import CBuildInformation

/// What this build is.
enum Version {
  /// The release that this source is, or is on the way to.
  static let number = "0.1.0"

  /// The Envoy whose API and behaviour this release was made for and tested with.
  static let envoy = "1.40"

  /// The commit, where the build was told: `KGATEWAY_COMMIT=$(git rev-parse HEAD) swift build`.
  static let commit = String(cString: build_information_commit())

  static var swift: String {
    #if compiler(>=6.4)
      "6.4 or newer"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }

  /// All of it, for `--version` and `kgateway version`.
  static var text: String {
    """
    kgateway \(number)
    commit   \(commit)
    Swift    \(swift)
    Envoy    \(envoy)
    """
  }
}
