import Fuzzing
import NIOCore

@testable import XDS

/// What a simulated Gateway's resources are: `2 c~a c~b` is the second version of something that uses two clusters, and
/// `BAD` in it has every proxy refuse it.
enum SimulatedConfiguration {
  private static let clusters = ["c~a", "c~b", "c~c", "c~d", "c~a~variant"]
  /// Has no endpoints of its own to ask for, as one with a DNS name has not.
  private static let plainClusters = ["p~dns"]
  /// The only cluster that is ever bad, and costs the routes that use it and no others.
  static let faultyCluster = "c~d"

  /// - Parameter faults: how many in a hundred resources are bad.
  static func random(_ random: inout FuzzRandom, faults: Int) -> [EncodedResource] {
    let present = clusters.filter { _ in random.chance(60) }
    let plain = plainClusters.filter { _ in random.chance(50) }
    var resources = present.map { name in
      resource(
        .cluster, name, version(&random, faults: name == faultyCluster ? faults : 0), endpointName: endpoints(of: name))
    }
    for name in Set(present.map(endpoints)).sorted() {
      resources.append(resource(.endpoint, name, version(&random, faults: 0)))
    }
    resources += plain.map { resource(.cluster, $0, version(&random, faults: 0)) }
    for number in 1...2 where random.chance(80) {
      let logs = (present + plain).filter { _ in random.chance(25) }
      let routes = (present + plain).filter { _ in random.chance(60) }
      resources.append(
        resource(.listener, "l~\(number)", ([version(&random, faults: faults)] + logs).joined(separator: " ")))
      resources.append(
        resource(.route, "r~\(number)", ([version(&random, faults: faults)] + routes).joined(separator: " ")))
    }
    return resources
  }

  /// Other endpoints for some of these clusters.
  static func endpoints(_ random: inout FuzzRandom) -> [EncodedResource] {
    Set(clusters.map(endpoints)).sorted().filter { _ in random.chance(40) }.map {
      resource(.endpoint, $0, "\(random.below(4))")
    }
  }

  /// Where a cluster has its endpoints from: its variant has the same.
  private static func endpoints(of cluster: String) -> String {
    cluster.hasSuffix("~variant") ? String(cluster.dropLast("~variant".count)) : cluster
  }

  private static func version(_ random: inout FuzzRandom, faults: Int) -> String {
    "\(random.below(3))" + (random.chance(faults) ? "BAD" : "")
  }

  /// The clusters that a listener or a route uses.
  static func clusters(in content: String) -> [String] {
    content.split(separator: " ").dropFirst().map(String.init)
  }

  static func isBad(_ content: String) -> Bool { content.contains("BAD") }

  /// The route that a listener takes its routes from.
  static func route(of listener: String) -> String { "r~" + listener.dropFirst(2) }
}

extension EncodedResource {
  var content: String { String(decoding: bytes, as: UTF8.self) }
}
