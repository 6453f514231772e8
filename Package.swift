// swift-tools-version: 6.2
import PackageDescription

// MARK: Dependencies

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let heapModule = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdHTTP2 = Target.Dependency.product(name: "HummingbirdHTTP2", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHPACK = Target.Dependency.product(name: "NIOHPACK", package: "swift-nio-http2")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(
  name: "SystemPackage", package: "swift-system", condition: .when(platforms: [.linux]))
let swiftProtobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let swiftASN1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")

// MARK: What the build is told

/// The commit, for `kgateway version`: the scripts in hack/ set the variable.
let buildInformation: [CSetting] =
  Context.environment["KGATEWAY_COMMIT"].map {
    [.define("KGATEWAY_COMMIT", to: "\"\($0)\"")]
  } ?? []

// MARK: Package

let package = Package(
  name: "kgateway",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "kgateway", targets: ["kgateway"]),
    // Tests load these into processes: into those that stand for pods, and into those on an odd machine.
    .library(name: "pod-address", type: .dynamic, targets: ["PodAddress"]),
    .library(name: "odd-system", type: .dynamic, targets: ["OddSystem"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
  ],
  targets: [
    // MARK: System libraries

    .target(name: "CBuildInformation", cSettings: buildInformation),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .systemLibrary(name: "CMalloc"),
    .target(name: "CMallocCounter"),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

    // MARK: Formats and models

    .target(name: "JSON"),
    .target(name: "YAML", dependencies: ["CYAML", "JSON"]),
    .target(name: "KubernetesAPI", dependencies: ["JSON"]),
    .target(name: "EnvoyAPI", dependencies: [swiftProtobuf], exclude: ["Protos"]),

    // MARK: The way of a change, from the API server to the proxy

    .target(name: "KubernetesClient", dependencies: ["CCurl", "JSON", "KubernetesAPI", "YAML"]),
    .target(name: "Translator", dependencies: ["EnvoyAPI", "JSON", "KubernetesAPI", swiftProtobuf]),
    .target(name: "GRPCServer", dependencies: [logging, nioCore, nioHPACK, nioHTTP2, nioPosix, nioSSL]),
    .target(
      name: "XDS", dependencies: ["EnvoyAPI", "GRPCServer", "JSON", crypto, logging, nioCore, nioHPACK, swiftProtobuf]),
    // Not "Metrics": Hummingbird brings a module of that name (swift-metrics), and names are unique in a program.
    .target(
      name: "PrometheusMetrics", dependencies: [swiftProtobuf], path: "Sources/Metrics", exclude: ["Protos"]),
    .target(name: "WorkQueues", dependencies: ["PrometheusMetrics", heapModule]),
    .target(
      name: "Controller",
      dependencies: [
        "EnvoyAPI", "JSON", "KubernetesAPI", "KubernetesClient", "PrometheusMetrics", "Translator", "WorkQueues", "XDS",
        "YAML", logging, swiftProtobuf,
      ]),
    .target(
      name: "Deployer",
      dependencies: [
        "EnvoyAPI", "JSON", "KubernetesAPI", "KubernetesClient", "PrometheusMetrics", "Translator", "WorkQueues",
        crypto, logging, swiftProtobuf,
      ]),
    .target(
      name: "ServingCertificates",
      dependencies: ["JSON", "KubernetesAPI", "KubernetesClient", crypto, logging, swiftASN1, x509]),
    .target(
      name: "Replicas",
      dependencies: [
        "GRPCServer", "KubernetesClient", "PrometheusMetrics", "XDS", logging, nioCore, swiftProtobuf,
      ],
      exclude: ["Protos"]),
    .target(
      name: "AdminServer",
      dependencies: [
        "PrometheusMetrics", httpTypes, hummingbirdCore, logging, nioCore, nioPosix, serviceLifecycle,
      ]),

    // MARK: Executables

    .executableTarget(
      name: "kgateway",
      dependencies: [
        "AdminServer", "CBuildInformation", "CMalloc", "Controller", "Deployer", "EnvoyAPI", "GRPCServer", "JSON",
        "KubernetesAPI", "KubernetesClient", "PrometheusMetrics", "Replicas", "ServingCertificates", "Translator",
        "WorkQueues", "XDS", argumentParser, logging, nioCore, nioPosix, nioSSL, serviceLifecycle, subprocess,
        swiftProtobuf,
        systemPackage, unixSignals,
      ]),
    .executableTarget(
      name: "kgateway-bench",
      dependencies: [
        "AdminServer", "CMallocCounter", "Controller", "EnvoyAPI", "GRPCServer", "JSON", "KubernetesAPI",
        "KubernetesClient", "PrometheusMetrics", "RealComponents", "ScriptedADSClient", "ServingCertificates",
        "Translator", "WorkQueues", "XDS", argumentParser, logging, nioCore, nioHPACK, nioHTTP1, nioHTTP2, nioPosix,
        nioSSL, swiftASN1, swiftProtobuf, x509,
      ]),

    // MARK: Doubles for tests, and the sink that the demo shares with them

    .target(
      name: "APIServerDouble",
      dependencies: [
        "CGzip", httpTypes, hummingbird, hummingbirdCore, hummingbirdHTTP2, hummingbirdTLS, logging, nioCore, nioHTTP2,
        nioSSL,
      ],
      path: "Tests/Support/APIServerDouble"),
    .target(
      name: "ALSSink",
      dependencies: ["GRPCServer", logging, nioCore, nioHPACK, nioPosix, swiftProtobuf],
      path: "Tests/Support/ALSSink", exclude: ["Protos"]),
    .target(
      name: "OTLPSink",
      dependencies: ["GRPCServer", logging, nioCore, nioHPACK, nioHTTP1, nioPosix, swiftProtobuf],
      path: "Tests/Support/OTLPSink", exclude: ["Protos"]),
    .target(
      name: "Fuzzing", dependencies: ["JSON", "RealComponents", "YAML", nioCore, nioPosix, systemPackage],
      path: "Tests/Support/Fuzzing"),
    .target(
      name: "ScriptedADSClient",
      dependencies: ["EnvoyAPI", nioCore, nioHPACK, nioHTTP2, nioPosix, nioSSL, swiftProtobuf],
      path: "Tests/Support/ScriptedADSClient"),
    .target(
      name: "KubeletDouble",
      dependencies: ["APIServerDouble", "RealComponents", nioCore, nioHTTP1, nioPosix],
      path: "Tests/Support/KubeletDouble"),
    .target(name: "CGzip", path: "Tests/Support/CGzip", linkerSettings: [.linkedLibrary("z")]),
    .target(
      name: "NetworkLink", dependencies: [nioCore, nioPosix], path: "Tests/Support/NetworkLink"),
    .target(name: "OddSystem", path: "Tests/Support/OddSystem", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "PodAddress", path: "Tests/Support/PodAddress", linkerSettings: [.linkedLibrary("dl")]),
    .target(
      name: "RealComponents", dependencies: [subprocess, systemPackage],
      path: "Tests/Support/RealComponents"),
    .target(name: "RecordedLog", dependencies: [logging], path: "Tests/Support/RecordedLog"),
    .executableTarget(
      name: "otlp-sink", dependencies: ["JSON", "OTLPSink", argumentParser, unixSignals],
      path: "Tests/Support/otlp-sink"),
    .executableTarget(
      name: "api-server-double", dependencies: ["APIServerDouble", argumentParser, logging],
      path: "Tests/Support/api-server-double"),

    // MARK: Tests

    .testTarget(name: "JSONTests", dependencies: ["Fuzzing", "JSON"]),
    .testTarget(name: "YAMLTests", dependencies: ["Fuzzing", "JSON", "YAML"]),
    .testTarget(name: "KubernetesAPITests", dependencies: ["Fuzzing", "JSON", "KubernetesAPI", "YAML"]),
    .testTarget(
      name: "KubernetesClientTests",
      dependencies: [
        "APIServerDouble", "Fuzzing", "JSON", "KubernetesAPI", "KubernetesClient", "NetworkLink", "RealComponents",
        logging,
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "TranslatorTests",
      dependencies: [
        "EnvoyAPI", "Fuzzing", "JSON", "KubernetesAPI", "OTLPSink", "RealComponents", "Translator", "YAML",
        swiftProtobuf,
      ],
      exclude: ["Golden", "Policies/Seeds"]),
    .testTarget(
      name: "GRPCServerTests",
      dependencies: [
        "Fuzzing", "GRPCServer", "RealComponents", logging, nioCore, nioEmbedded, nioHPACK, nioHTTP2, nioPosix, nioSSL,
      ],
      exclude: ["Python"]),
    .testTarget(
      name: "XDSTests",
      dependencies: [
        "EnvoyAPI", "Fuzzing", "GRPCServer", "RealComponents", "ScriptedADSClient", "XDS", logging, nioCore, nioHPACK,
        nioPosix, swiftProtobuf,
      ]),
    .testTarget(
      name: "KubeletDoubleTests", dependencies: ["APIServerDouble", "KubeletDouble", "RealComponents"]),
    .testTarget(name: "WorkQueuesTests", dependencies: ["PrometheusMetrics", "RealComponents", "WorkQueues"]),
    .testTarget(name: "RealComponentsTests", dependencies: ["RealComponents"]),
    .testTarget(name: "MetricsTests", dependencies: ["PrometheusMetrics", "RealComponents", swiftProtobuf]),
    .testTarget(name: "ALSSinkTests", dependencies: ["ALSSink", "RealComponents"]),
    .testTarget(name: "OTLPSinkTests", dependencies: ["OTLPSink", "RealComponents"], exclude: ["Python"]),
    .testTarget(
      name: "ControllerTests",
      dependencies: [
        "Controller", "EnvoyAPI", "Fuzzing", "JSON", "KubernetesAPI", "KubernetesClient", "PrometheusMetrics",
        "RealComponents", "RecordedLog", "Translator", "WorkQueues", "XDS", logging, nioCore,
      ],
      exclude: ["Explained", "Mistakes"]),
    .testTarget(
      name: "DeployerTests",
      dependencies: [
        "APIServerDouble", "Deployer", "EnvoyAPI", "Fuzzing", "JSON", "KubernetesAPI", "KubernetesClient",
        "PrometheusMetrics", "RealComponents", "Translator", "WorkQueues", "YAML", logging, nioCore, nioHTTP1, nioPosix,
        swiftProtobuf,
      ],
      exclude: ["Golden", "Mistakes", "Python"]),
    .testTarget(
      name: "ServingCertificatesTests",
      dependencies: [
        "APIServerDouble", "JSON", "KubernetesAPI", "KubernetesClient", "RealComponents", "RecordedLog",
        "ServingCertificates", crypto, logging, swiftASN1, x509,
      ]),
    .testTarget(
      name: "ReplicasTests",
      dependencies: [
        "APIServerDouble", "Fuzzing", "GRPCServer", "KubernetesClient", "PrometheusMetrics", "RealComponents",
        "Replicas", "XDS", logging, nioCore, nioPosix, nioSSL, swiftProtobuf,
      ]),
    .testTarget(
      name: "AdminServerTests",
      dependencies: [
        "AdminServer", "Fuzzing", "PrometheusMetrics", "RealComponents", logging, nioCore, nioPosix, serviceLifecycle,
      ]),
    .testTarget(
      name: "APIServerDoubleTests", dependencies: ["APIServerDouble", "RealComponents", logging, nioCore, nioPosix],
      exclude: ["Transcripts"]),
    .testTarget(
      name: "PolicySchemaTests",
      dependencies: ["APIServerDouble", "Controller", "JSON", "KubernetesAPI", "RealComponents", "Translator", "YAML"],
      exclude: ["Accepted", "Python", "Refused"]),
    .testTarget(
      name: "ChartTests", dependencies: ["APIServerDouble", "RealComponents", "YAML"], exclude: ["Python", "Values"]),
    .testTarget(
      name: "ObservabilityTests", dependencies: ["APIServerDouble", "RealComponents", "YAML"],
      exclude: ["Charts", "Guide"]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "ALSSink", "APIServerDouble", "EnvoyAPI", "GRPCServer", "JSON", "KubeletDouble", "KubernetesAPI", "NetworkLink",
        "OTLPSink", "RealComponents", "ScriptedADSClient", "ServingCertificates", "Translator", "YAML", logging,
        nioCore, nioHTTP1, nioHTTP2, nioPosix, nioSSL, swiftASN1, swiftProtobuf, x509,
      ],
      path: "Tests/EndToEnd", exclude: ["Observability/Exchanges"]),
  ]
)

// MARK: Settings shared by all targets

let upcomingFeatures = [
  "ExistentialAny", "ImmutableWeakCaptures", "InferIsolatedConformances", "InternalImportsByDefault",
  "MemberImportVisibility", "NonisolatedNonsendingByDefault",
]

for target in package.targets where target.type != .system {
  var settings = target.swiftSettings ?? []
  settings.append(.swiftLanguageMode(.v6))
  settings += upcomingFeatures.map { .enableUpcomingFeature($0) }
  if Context.environment["CI"] != nil {
    settings.append(.treatAllWarnings(as: .error))
  }
  target.swiftSettings = settings
}
