import RealComponents
import Testing

extension EndToEnd {
  @Suite("starts that fail")
  struct StartFailures {
    @Test("an Envoy that is not there is one clear line and exit code 1")
    func noEnvoy() async throws {
      let named = try await standalone(["--envoy", "/nonexistent/envoy"])
      #expect(named.status == .exited(1))
      #expect(
        named.errorOutput
          == "Error: there is no executable Envoy at /nonexistent/envoy; correct --envoy, or use --no-envoy\n")

      let searched = try await standalone([], environment: ["PATH": "/nonexistent"])
      #expect(searched.status == .exited(1))
      #expect(searched.errorOutput.hasPrefix("Error: no 'envoy' was found in PATH; name one with --envoy PATH"))
      #expect(searched.errorOutput.split(separator: "\n").count == 1)
    }

    @Test(
      "an address in use is one clear line that names it, and exit code 1",
      arguments: ["--xds-address", "--metrics-address", "--health-address"])
    func addressInUse(_ flag: String) async throws {
      try await Backend.with { other in
        let result = try await standalone(["--no-envoy"], addresses: [flag: "127.0.0.1:\(other.port)"])
        #expect(result.status == .exited(1))
        let complaints = result.errorOutput.split(separator: "\n").filter {
          $0.contains(" error ") || $0.contains(" warning ") || $0.hasPrefix("Error")
        }
        #expect(complaints.count == 1, "\(result.errorOutput)")
        #expect(complaints.first?.hasPrefix("Error: cannot listen ") == true)
        #expect(complaints.first?.contains("127.0.0.1:\(other.port)") == true)
      }
    }

    @Test(
      "a wrong argument is told with the flag, its form and the usage, and exit code 64",
      arguments: [
        (["--static-cluster", "collector"], "'collector' is invalid for '--static-cluster <name=host:port[,protocol"),
        (["--static-cluster", "a=h:1,protocol=zipkin"], "'a=h:1,protocol=zipkin' is invalid for '--static-cluster"),
        (["--static-cluster", "a=h:1", "--static-cluster", "a=h:2"], "--static-cluster a is given twice"),
        (["--default-sampling-rate", "140"], "140 is not a percentage; use a number from 0 to 100"),
        (["--default-sampling-rate", "some"], "\"some\" is no number; use one from 0 to 100"),
        (["--resolve", "a:1"], "'a:1' is invalid for '--resolve <host:port=host:port>'"),
        (["--xds-address", "9977"], "'9977' is invalid for '--xds-address <host:port>'"),
        (["--envoi", "x"], "Unknown option '--envoi'"),
        (["--manifests", "/nonexistent"], "--manifests /nonexistent: there is no such file or folder"),
      ])
    func wrongArguments(_ arguments: [String], _ complaint: String) async throws {
      let result = try await standalone(["--no-envoy"] + arguments)
      #expect(result.status == .exited(64))
      #expect(result.errorOutput.hasPrefix("Error: "))
      #expect(result.errorOutput.contains(complaint), "\(result.errorOutput)")
      #expect(result.errorOutput.contains("Usage: kgateway standalone"))
      #expect(result.output.isEmpty)
    }

    @Test("an address from the environment is used, and a wrong one is told with the variable's name")
    func environment() async throws {
      try await Backend.with { other in
        let used = try await standalone(
          ["--no-envoy"], addresses: ["--xds-address": nil],
          environment: ["KGATEWAY_XDS_ADDRESS": "127.0.0.1:\(other.port)"])
        #expect(used.status == .exited(1))
        #expect(used.errorOutput == "Error: cannot listen on 127.0.0.1:\(other.port): address already in use\n")
      }
      let wrong = try await standalone(
        ["--no-envoy"], addresses: ["--xds-address": nil], environment: ["KGATEWAY_XDS_ADDRESS": "9977"])
      #expect(wrong.status == .exited(64))
      #expect(wrong.errorOutput.hasPrefix("Error: KGATEWAY_XDS_ADDRESS=9977: expected HOST:PORT"))
      let unclear = try await standalone(["--no-envoy"], environment: ["KGATEWAY_NATIVE_HISTOGRAMS": "yes"])
      #expect(unclear.status == .exited(64))
      #expect(unclear.errorOutput.hasPrefix("Error: KGATEWAY_NATIVE_HISTOGRAMS=yes: expected true or false"))
    }

    /// Runs `kgateway standalone` on the examples, until it ends by itself.
    ///
    /// - Parameter addresses: by their flags; nil leaves the flag out, and one that is not named is a free port.
    private func standalone(
      _ arguments: [String], addresses: [String: String?] = [:], environment: [String: String?] = [:]
    ) async throws -> CommandResult {
      var all = ["standalone", "--manifests", PackageRoot.path("deploy/examples")] + arguments
      for flag in ["--xds-address", "--metrics-address", "--health-address"] where !arguments.contains(flag) {
        let free = "127.0.0.1:\(try LoopbackPorts.free())"
        if let address = addresses[flag, default: free] { all += [flag, address] }
      }
      return try await runCommand(
        try BuiltProduct.path("kgateway"), all, settings: ProcessSettings(environment: environment))
    }
  }
}
