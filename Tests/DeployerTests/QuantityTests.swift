import Testing

@testable import Deployer

@Suite("A quantity")
struct QuantityTests {
  @Test(
    "has the form in which an API server stores it",
    arguments: [
      ("0.5", "500m"), ("1024Mi", "1Gi"), ("1500m", "1500m"), ("2000m", "2"), ("1.5Gi", "1536Mi"), ("100000k", "100M"),
      ("0.5Gi", "512Mi"), ("1", "1"), ("0", "0"), ("0Gi", "0"), ("1e3", "1e3"), ("1E3", "1e3"), ("1000", "1k"),
      ("1024", "1024"), ("0.5Ki", "512"), ("2048Ki", "2Mi"), ("1.5Ki", "1536"), ("100u", "100u"), ("0.1m", "100u"),
      ("0.0000000001", "1n"), ("+5", "5"), ("1000Mi", "1000Mi"), ("1.", "1"), (".5", "500m"), ("12e6", "12e6"),
      ("1E", "1E"), ("7Ei", "7Ei"), ("100n", "100n"), ("1000000n", "1m"), ("0.3Ki", "307200m"),
      ("922337203685.4777807", "922337203685477780700n"),
    ])
  func canonical(_ text: String, _ canonical: String) {
    #expect(Quantity(text)?.canonical == canonical)
    #expect(Quantity(canonical)?.canonical == canonical)
  }

  @Test(
    "is nothing else",
    arguments: ["", "-1", "1GB", "one", "1 Gi", "Gi", ".", "1..5", "1e", "1e99", "9Ei9", "99999999999999999999", "8Ei"])
  func malformed(_ text: String) {
    #expect(Quantity(text) == nil)
  }

  @Test("compares by its amount, whatever its form")
  func comparison() throws {
    #expect(try #require(Quantity("999Mi")) < #require(Quantity("1Gi")))
    #expect(try #require(Quantity("1G")) < #require(Quantity("1Gi")))
    #expect(Quantity("1.2")?.roundedUp == 2)
    #expect(Quantity("64Mi")?.roundedUp == 64 << 20)
  }
}
