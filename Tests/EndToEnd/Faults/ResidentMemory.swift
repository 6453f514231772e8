/// How much memory a process has in RAM.
struct ResidentMemory: Comparable, CustomStringConvertible {
  let bytes: Double

  init(bytes: Double) { self.bytes = bytes }

  /// That of an operator now, as its metrics say it.
  init(of kgateway: KubernetesOperator) async throws {
    bytes = try await kgateway.metric("process_resident_memory_bytes")
  }

  private static let mebibyte = 1024.0 * 1024

  var description: String { "\((bytes / Self.mebibyte * 10).rounded() / 10) MiB" }

  static func < (one: Self, other: Self) -> Bool { one.bytes < other.bytes }

  static func + (one: Self, mebibytes: Double) -> Self { Self(bytes: one.bytes + mebibytes * mebibyte) }
}
