import Synchronization

/// Something that is counted or measured, as one series of a metric (a histogram: as one group of series).
package protocol Instrument: Sendable {
  /// What the exposition's TYPE line says.
  static var kind: MetricKind { get }
  /// What it says now.
  func reading() -> MetricReading
}

/// A number that only grows.
package final class Counter: Instrument {
  package static let kind = MetricKind.counter
  private let count = Atomic<UInt64>(0)

  init() {}

  /// Adds to it. Costs one atomic addition.
  package func increment(by amount: UInt64 = 1) {
    count.wrappingAdd(amount, ordering: .relaxed)
  }

  /// The number now.
  package var value: UInt64 { count.load(ordering: .relaxed) }

  package func reading() -> MetricReading { .number(Double(value)) }
}

/// A number that goes up and down: set by those who change it, or computed when it is asked for.
package final class Gauge: Instrument {
  package static let kind = MetricKind.gauge
  private let current = Atomic<Int>(0)
  private let computation = Mutex<(@Sendable () -> Int)?>(nil)

  init() {}

  /// Adds to it; a negative amount takes away. Costs one atomic addition.
  package func add(_ amount: Int) {
    current.wrappingAdd(amount, ordering: .relaxed)
  }

  /// Replaces it.
  package func set(_ value: Int) {
    current.store(value, ordering: .relaxed)
  }

  /// From now on the closure gives the value at each scrape, and what is added or set has no effect.
  package func compute(_ value: @escaping @Sendable () -> Int) {
    computation.withLock { $0 = value }
  }

  /// The number now.
  package var value: Int {
    let compute = computation.withLock { $0 }
    return compute?() ?? current.load(ordering: .relaxed)
  }

  package func reading() -> MetricReading { .number(Double(value)) }
}
