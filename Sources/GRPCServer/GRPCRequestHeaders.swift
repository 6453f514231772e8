import NIOCore
import NIOHPACK

/// What a request's header block must hold for a gRPC server to take it (gRPC over HTTP/2, "Requests").
enum GRPCRequestHeaders {
  struct Request {
    var path: String
    var timeout: TimeAmount?
  }

  /// Why a block was not taken, in gRPC's terms and in those of a client that speaks plain HTTP.
  struct Refusal: Error {
    var status: GRPCStatus
    var httpStatus = "200"
  }

  /// - Parameter maximumLength: In bytes, as RFC 9113 section 6.5.2 counts a header list.
  static func check(_ headers: HPACKHeaders, maximumLength: Int) -> Result<Request, Refusal> {
    guard length(of: headers) <= maximumLength else {
      return refuse(.resourceExhausted, "the request's headers are over the limit of \(maximumLength) bytes")
    }
    guard headers.first(name: ":method") == "POST" else {
      return refuse(.internal, "gRPC requests use the method POST", httpStatus: "405")
    }
    guard isGRPC(headers.first(name: "content-type")) else {
      return refuse(.internal, "the content-type must be application/grpc or application/grpc+proto", httpStatus: "415")
    }
    guard headers.values(forHeader: "te", canonicalForm: true).contains("trailers") else {
      return refuse(.internal, "the header te: trailers is missing; does a proxy on the way remove trailers?")
    }
    guard let path = headers.first(name: ":path") else {
      return refuse(.unimplemented, "the request names no method")
    }
    var request = Request(path: path)
    if let value = headers.first(name: "grpc-timeout") {
      guard let timeout = GRPCTimeout.parse(value) else {
        return refuse(.internal, "the header grpc-timeout is malformed; up to eight digits and a unit were expected")
      }
      request.timeout = timeout
    }
    return .success(request)
  }

  private static func refuse(
    _ code: GRPCStatus.Code, _ message: String, httpStatus: String = "200"
  ) -> Result<Request, Refusal> {
    .failure(Refusal(status: GRPCStatus(code, message), httpStatus: httpStatus))
  }

  private static func length(of headers: HPACKHeaders) -> Int {
    headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 32 }
  }

  /// Protobuf is the format that `application/grpc` alone means; parameters after a semicolon have no meaning in gRPC.
  private static func isGRPC(_ contentType: String?) -> Bool {
    guard let type = contentType?.split(separator: ";", maxSplits: 1).first else { return false }
    let name = type.lowercased().filter { $0 != " " }
    return name == "application/grpc" || name == "application/grpc+proto"
  }
}
