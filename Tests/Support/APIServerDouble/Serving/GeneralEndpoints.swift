/// Everything that is not a resource: version, health, discovery, OpenAPI.
struct GeneralEndpoints: Sendable {
  let kinds: [ResourceKind]

  func respond(to request: APIRequest) -> APIResponse? {
    guard request.method == "GET" else { return nil }
    let discovery = Discovery(kinds: kinds)
    switch request.path {
    case "/version", "/version/":
      return .json(Self.version)
    case "/healthz", "/livez", "/readyz":
      return Self.health(String(request.path.dropFirst()), isVerbose: request[query: "verbose"] != nil)
    case "/api", "/api/":
      return wantsAggregated(request) ? aggregated(discovery, core: true) : .json(Discovery.legacyVersions)
    case "/apis", "/apis/":
      return wantsAggregated(request) ? aggregated(discovery, core: false) : .json(discovery.groupList)
    case "/openapi/v3":
      return .json(OpenAPIDocuments(kinds: kinds).index)
    case "/openapi/v2":
      return .json(Self.emptySwagger)
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
    response.headers = [("Vary", "Accept")]
    return response
  }

  private static func health(_ name: String, isVerbose: Bool) -> APIResponse {
    .text(isVerbose ? "[+]ping ok\n\(name) check passed\n" : "ok")
  }

  /// kubectl falls back to its own knowledge of the built-in kinds where the document has none.
  private static let emptySwagger: JSONValue = [
    "swagger": "2.0", "info": ["title": "Kubernetes", "version": "unversioned"], "paths": [:], "definitions": [:],
  ]

  private static let version: JSONValue = [
    "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35", "gitVersion": "v1.36.0", "gitCommit": "", "gitTreeState": "",
    "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "", "platform": "linux/amd64",
  ]
}
