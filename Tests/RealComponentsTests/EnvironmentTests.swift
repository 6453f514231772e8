import RealComponents
import Testing

@Suite("The surroundings of tests")
struct EnvironmentTests {
  @Test("the package's root is found")
  func packageRoot() async throws {
    try await outputOfCommand("test", ["-f", PackageRoot.path("Package.swift")])
  }

  @Test(
    "every real component is found, or the error names the command that installs it", arguments: RealComponent.allCases)
  func components(_ component: RealComponent) {
    do {
      #expect(try component.path().contains("/.tools/"))
    } catch {
      #expect(error.description.contains("hack/tools \(component.rawValue)"))
      #expect(!error.description.contains("\n"))
    }
  }

  @Test("an executable that is not built is an error that names the command")
  func absentProduct() throws {
    let error = try #require(throws: MissingComponent.self) { try BuiltProduct.path("no-such-product") }
    #expect(error.description.contains("swift build --product no-such-product"))
  }

  @Test("what never comes true is told, with the last error")
  func eventuallyFails() async throws {
    struct Refused: Error {}
    let failure = try await #require(throws: NeverCameTrue.self) {
      try await eventually("the moon is blue", within: .milliseconds(50)) { throw Refused() }
    }
    #expect(failure.description.contains("the moon is blue"))
    #expect(failure.description.contains("Refused"))
  }

  @Test("a condition is asked until it holds")
  func eventuallySucceeds() async throws {
    var tries = 0
    try await eventually("the third try", every: .milliseconds(1)) {
      tries += 1
      return tries == 3
    }
    #expect(tries == 3)
  }

  @Test("free ports differ and can be listened on")
  func ports() throws {
    let ports = try LoopbackPorts.free(20)
    #expect(Set(ports).count == 20)
  }

  @Test("a temporary folder is there for the body and gone after it")
  func temporaryFolder() async throws {
    let path = try await withTemporaryFolder { folder in
      let file = try folder.write("text", to: "a/b.txt")
      #expect(try folder.read("a/b.txt") == "text")
      try await outputOfCommand("test", ["-f", file])
      return folder.path
    }
    #expect(try await !runCommand("test", ["-e", path]).succeeded)
  }
}
