/// Everything that is not a resource: version, health, discovery, OpenAPI.
struct GeneralEndpoints: Sendable {
  let kinds: [ResourceKind]

  func respond(to request: APIRequest) -> APIResponse? {
    guard request.method == "GET" else { return nil }
    let discovery = Discovery(kinds: kinds)
    switch request.path {
    case "/version", "/version/":
      return .json(bytes: Array(Self.version.utf8))
    case "/healthz", "/livez", "/readyz":
      return Self.health(String(request.path.dropFirst()), isVerbose: request[query: "verbose"] != nil)
    case "/api", "/api/":
      return wantsAggregated(request) ? aggregated(discovery, core: true) : .json(Discovery.legacyVersions)
    case "/apis", "/apis/":
      return wantsAggregated(request) ? aggregated(discovery, core: false) : .json(discovery.groupList)
    case "/openapi/v3":
      return .json(OpenAPIDocuments(kinds: kinds).index)
    case "/openapi/v2":
      // The name that is asked for has an "@", which is not allowed in the name that is answered.
      return request.accept.contains("application/com.github.proto-openapi.spec.v2@v1.0+protobuf")
        ? APIResponse(status: 200, contentType: Self.swaggerType, body: .bytes(Self.emptySwagger))
        : .json(["swagger": "2.0", "info": ["title": "Kubernetes", "version": "1"], "paths": [:]])
    default:
      if request.path.hasPrefix("/openapi/v3/") {
        let name = String(request.path.dropFirst("/openapi/v3/".count))
        return OpenAPIDocuments(kinds: kinds).document(name).map { .json($0) } ?? .pageNotFound
      }
      let parts = request.path.split(separator: "/")
      guard parts.count == 2, parts[0] == "apis" else { return nil }
      return discovery.group(String(parts[1])).map { .json($0) } ?? .pageNotFound
    }
  }

  private func wantsAggregated(_ request: APIRequest) -> Bool {
    let first = request.accept.split(separator: ",").first.map { $0.filter { $0 != " " } } ?? ""
    return first == Discovery.aggregatedType
  }

  private func aggregated(_ discovery: Discovery, core: Bool) -> APIResponse {
    var response = APIResponse.json(discovery.aggregated(core: core))
    response.contentType = Discovery.aggregatedType
    response.cacheControl = "public"
    response.headers = [("Vary", "Accept")]
    return response
  }

  private static func health(_ name: String, isVerbose: Bool) -> APIResponse {
    .text(isVerbose ? "[+]ping ok\n\(name) check passed\n" : "ok")
  }

  private static let swaggerType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

  /// An `openapi.v2.Document` with a version (field 1) and an info (field 2) and nothing else: kubectl falls back to
  /// its own knowledge of the built-in kinds where the document has none.
  private static let emptySwagger: [UInt8] =
    [0x0A, 3] + Array("2.0".utf8) + [0x12, 15, 0x0A, 10] + Array("Kubernetes".utf8) + [0x12, 1] + Array("1".utf8)

  /// Indented, as the server writes this one document.
  private static let version = """
    {
      "major": "1",
      "minor": "36",
      "emulationMajor": "1",
      "emulationMinor": "36",
      "minCompatibilityMajor": "1",
      "minCompatibilityMinor": "35",
      "gitVersion": "v1.36.0",
      "gitCommit": "",
      "gitTreeState": "",
      "buildDate": "1970-01-01T00:00:00Z",
      "goVersion": "",
      "compiler": "gc",
      "platform": "linux/amd64"
    }
    """
}
