import EnvoyAPI
import NIOCore
import SwiftProtobuf

/// Takes responses out of a stream's bytes, but for what is in their resources: those are passed over as they come, so
/// that a client of many megabytes costs its machine little.
///
/// `DiscoveryResponse` and `DeltaDiscoveryResponse` number these fields alike: 1 version, 2 resources, 4 type URL,
/// 5 nonce, 6 removed names (of the latter).
struct ResponseSkimmer {
  struct Response {
    var typeURL = ""
    var nonce = ""
    var version = ""
    /// Of the resources by name, where they are kept.
    var versions: [String: String] = [:]
    var removed: [String] = []
  }

  /// Whether names and versions of resources are read; for the delta protocol alone.
  var keepsResources = false

  private var buffer = ByteBuffer()
  /// What is left of the message that is being read; nil between two.
  private var rest: Int?
  /// What is left of a field that is passed over.
  private var skip = 0
  private var response = Response()

  mutating func append(_ bytes: ByteBuffer) {
    buffer.writeImmutableBuffer(bytes)
  }

  /// The next response; nil as long as it is not there wholly.
  mutating func next() -> Response? {
    defer { buffer.discardReadBytes() }
    while true {
      guard var left = rest else {
        guard buffer.readableBytes >= 5, let length = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt32.self)
        else { return nil }
        buffer.moveReaderIndex(forwardBy: 5)
        rest = Int(length)
        response = Response()
        continue
      }
      if skip > 0 {
        let count = min(skip, buffer.readableBytes)
        buffer.moveReaderIndex(forwardBy: count)
        skip -= count
        left -= count
        rest = left
        if skip > 0 { return nil }
      }
      if left == 0 {
        rest = nil
        return response
      }
      guard let used = readField() else { return nil }
      rest = left - used
    }
  }

  /// Reads one length-delimited field, or its head if it is passed over; returns the bytes that it used, nil if they are
  /// not all there.
  private mutating func readField() -> Int? {
    var view = buffer
    guard let key: UInt8 = view.readInteger(), let length = view.readVarint() else { return nil }
    let field = key >> 3
    let head = buffer.readableBytes - view.readableBytes
    if field == 2, !keepsResources {
      buffer = view
      skip = length
      return head
    }
    guard let value = view.readSlice(length: length) else { return nil }
    buffer = view
    take(field, value)
    return head + length
  }

  private mutating func take(_ field: UInt8, _ value: ByteBuffer) {
    switch field {
    case 1: response.version = String(buffer: value)
    case 2:
      let resource = try? Envoy_Service_Discovery_V3_Resource(serializedBytes: Array(value.readableBytesView))
      if let resource { response.versions[resource.name] = resource.version }
    case 4: response.typeURL = String(buffer: value)
    case 5: response.nonce = String(buffer: value)
    case 6: response.removed.append(String(buffer: value))
    default: break
    }
  }
}

extension ByteBuffer {
  /// A protobuf varint; nil if it is not there wholly.
  fileprivate mutating func readVarint() -> Int? {
    var value = 0
    var shift = 0
    while let byte: UInt8 = readInteger() {
      value |= Int(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
      if shift > 56 { return nil }
    }
    return nil
  }
}
