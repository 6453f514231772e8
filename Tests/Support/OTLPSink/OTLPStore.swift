/// Keeps the newest of what arrives.
actor OTLPStore {
  private(set) var spans: [OTLPSpan] = []
  private(set) var logRecords: [OTLPLogRecord] = []
  private(set) var requests: [OTLPRequest] = []

  private let capacity: Int
  private let observer: (@Sendable (OTLPItem) -> Void)?

  init(capacity: Int, observer: (@Sendable (OTLPItem) -> Void)?) {
    self.capacity = capacity
    self.observer = observer
  }

  func take(_ items: [OTLPItem]) {
    for item in items {
      switch item {
      case .span(let span): Self.append(span, to: &spans, capacity: capacity)
      case .logRecord(let record): Self.append(record, to: &logRecords, capacity: capacity)
      }
      observer?(item)
    }
  }

  func take(_ request: OTLPRequest) {
    Self.append(request, to: &requests, capacity: capacity)
  }

  func removeAll() {
    spans = []
    logRecords = []
    requests = []
  }

  /// For the message of a wait that was in vain.
  var summary: String {
    var parts = [
      "\(spans.count) spans", "\(logRecords.count) log records", "\(requests.count) requests",
    ]
    if let span = spans.last { parts.append("the last span is \(span)") }
    if let record = logRecords.last { parts.append("the last log record is \(record)") }
    return parts.joined(separator: ", ")
  }

  /// Drops a tenth at a time, so that the cost of moving the rest is spread.
  private static func append<Item>(_ item: Item, to items: inout [Item], capacity: Int) {
    if items.count >= capacity { items.removeFirst(min(items.count, capacity / 10 + 1)) }
    items.append(item)
  }
}
