package import NIOCore

/// The methods that a server has, by path.
package struct GRPCRouter: Sendable {
  /// Makes the handler of one call.
  typealias MakeHandler = @Sendable (GRPCCall) -> any GRPCCallHandler

  private var methods: [String: MakeHandler] = [:]

  /// A router without methods: every call is answered with UNIMPLEMENTED.
  package init() {}

  /// Adds a streaming method, in place of one of the same path.
  ///
  /// - Parameters:
  ///   - path: `/package.Service/Method`.
  ///   - make: Called once for each call, on its event loop; the handler lives as long as the call.
  package mutating func stream(_ path: String, _ make: @escaping @Sendable (GRPCCall) -> any GRPCCallHandler) {
    methods[path] = make
  }

  /// Adds a method of one request and one response, in place of one of the same path.
  ///
  /// The task that runs it is cancelled when the call ends before it. A thrown ``GRPCStatus`` goes to the client as
  /// it is; any other error is logged, and becomes INTERNAL without its text, which may hold what a client should not
  /// see.
  package mutating func unary(
    _ path: String,
    _ method: @escaping @Sendable (ByteBuffer, GRPCRequest) async throws -> ByteBuffer
  ) {
    methods[path] = { call in UnaryCallHandler(call: call, method: method) }
  }

  /// What makes the handlers of a path; `nil` if there is no such method.
  func method(at path: String) -> MakeHandler? {
    methods[path]
  }
}
