import Testing

@testable import KubernetesClient

@Suite("The address of an API server")
struct ServerAddressTests {
  @Test(
    "is read as curl reads it",
    arguments: [
      ("https://10.0.0.1:6443", "https://10.0.0.1:6443"), ("api.example.com", "http://api.example.com:80"),
      ("http://localhost:8080/k8s/lab/", "http://localhost:8080/k8s/lab"), ("https://[::1]", "https://[::1]:443"),
      ("http://api%2ek", "http://api.k:80"),
    ])
  func read(text: String, address: String) {
    #expect(ServerAddress(text)?.description == address)
  }

  @Test(
    "is none with a user, a query or a fragment, or with a host that is encoded twice",
    arguments: ["https://me@host", "https://host?q", "https://host#f", "ftp://host", "http://api.e%256b"])
  func refused(text: String) {
    #expect(ServerAddress(text) == nil)
  }
}
