#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A program of other people that tests run as it is. `hack/tools` installs each into `.tools`.
package enum RealComponent: String, CaseIterable, Sendable {
  /// The proxy.
  case envoy
  /// The Kubernetes command line.
  case kubectl
  /// The package manager of Kubernetes.
  case helm
  /// Its version 3.
  case helm3
  /// The metrics server.
  case prometheus
  /// Prometheus' checker of expositions and rules.
  case promtool
  /// A Python with grpcio and protobuf, an independent gRPC client.
  case python
  /// A Python with grpcio-tools, the published Envoy descriptors and the OpenTelemetry protocol.
  case protos

  /// The absolute path of the program.
  ///
  /// - Throws: `MissingComponent`, whose text is one line that names the command which installs it.
  package func path() throws(MissingComponent) -> String {
    let path = PackageRoot.path(relativePath)
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw MissingComponent(
        description: "\(relativePath) is missing: run `hack/tools \(installer)` in \(PackageRoot.path)")
    }
    return path
  }

  /// What `hack/tools` calls it.
  private var installer: String {
    switch self {
    case .helm3: RealComponent.helm.rawValue
    case .promtool: RealComponent.prometheus.rawValue
    default: rawValue
    }
  }

  private var relativePath: String {
    switch self {
    case .envoy, .kubectl, .helm, .helm3, .prometheus, .promtool: ".tools/bin/\(rawValue)"
    case .python, .protos: ".tools/\(rawValue)/bin/python"
    }
  }
}

/// A program that a test needs and that is not there.
package struct MissingComponent: Error, CustomStringConvertible {
  /// One line: what is missing, and the command that makes it.
  package let description: String
}

/// The folder that holds `Package.swift`.
package enum PackageRoot {
  /// Its absolute path, without a slash at the end.
  package static let path = String(
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/"))

  /// The absolute path of a file in the package, given from its root: `deploy/examples/tracing.yaml`.
  package static func path(_ relative: String) -> String {
    path + "/" + relative
  }
}

/// An executable of this package, as the build that made the running tests left it.
package enum BuiltProduct {
  /// The absolute path of the executable with that name.
  ///
  /// It is looked for beside the running test program, so a release or a scratch build finds its own.
  ///
  /// - Throws: `MissingComponent`, whose text names the command which builds it.
  package static func path(_ name: String) throws(MissingComponent) -> String {
    let testProgram = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let besideTests = testProgram.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    let candidates = [besideTests, PackageRoot.path(".build/debug")].map { $0 + "/" + name }
    guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
      throw MissingComponent(description: "the executable \(name) is not built: run `swift build --product \(name)`")
    }
    return found
  }
}
