import GRPCServer
import NIOCore
import NIOHPACK
import SwiftProtobuf

/// One call of `StreamAccessLogs`: messages without end, of which the first tells who sends them, and one empty answer.
final class ALSStreamHandler: GRPCCallHandler {
  private let call: GRPCCall
  private let store: ALSStore
  /// Nil for a call that was refused.
  private let number: ALSStore.StreamNumber?
  private var logName = ""

  init(call: GRPCCall, store: ALSStore) {
    self.call = call
    self.store = store
    let metadata = Dictionary(call.request.metadata.map { ($0.name.lowercased(), $0.value) }) { "\($0), \($1)" }
    number = store.begin(metadata: metadata)
    if number == nil { call.finish(GRPCStatus(.unavailable, "this call is refused on purpose")) }
  }

  func received(_ message: ByteBuffer) {
    guard let number else { return }
    do {
      let message = try Envoy_Service_Accesslog_V3_StreamAccessLogsMessage(
        serializedBytes: Array(message.readableBytesView))
      if message.hasIdentifier {
        logName = message.identifier.logName
        let node = message.identifier.node
        store.identify(number, logName: logName, nodeID: node.id, nodeCluster: node.cluster)
      }
      store.take(message.httpLogs.logEntry.map { ALSEntry($0, logName: logName) }, of: number)
    } catch {
      call.finish(GRPCStatus(.invalidArgument, "the message is not a StreamAccessLogsMessage"))
    }
  }

  func receivedEnd() {
    // An empty StreamAccessLogsResponse.
    call.send(ByteBuffer())
    call.finish(.ok)
  }

  func writabilityChanged() {}

  func closed() {}
}
