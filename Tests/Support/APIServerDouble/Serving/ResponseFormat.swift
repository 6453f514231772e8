/// The form of an answer that a client accepts first and the double can give.
enum ResponseFormat: Sendable, Equatable {
  case object
  case table
  case partialMetadata

  /// - Throws: 406 where nothing of it is JSON.
  init(accept: String) throws(StatusError) {
    for range in accept.isEmpty ? ["*/*"] : accept.split(separator: ",") {
      let parts = range.split(separator: ";").map { $0.filter { $0 != " " } }
      guard let type = parts.first, ["application/json", "*/*", "application/*"].contains(type) else { continue }
      switch parts.first(where: { $0.hasPrefix("as=") })?.dropFirst(3) {
      case nil:
        self = .object
        return
      case "Table" where parts.contains("v=v1"):
        self = .table
        return
      case "PartialObjectMetadata", "PartialObjectMetadataList":
        self = .partialMetadata
        return
      default: continue
      }
    }
    throw StatusError(
      code: 406, reason: "NotAcceptable",
      message: "only the following media types are accepted: application/json, application/json;stream=watch")
  }
}
