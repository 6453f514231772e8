/// The count, the latency and the number of running ones of a kind of operation.
package struct OperationMetrics: Sendable {
  /// Those that have ended.
  package let count: InstrumentFamily<OperationStatus, Counter>
  /// The time that those which have ended took.
  package let latency: Histogram
  /// Those that run now.
  package let active: Gauge

  /// Runs the operation and counts it: as failed if it throws, otherwise as the closure says of its result.
  ///
  /// One that is cancelled has neither failed nor succeeded (the program ends) and is not counted.
  package func measure<Result, Failure: Error>(
    _ operation: () async throws(Failure) -> Result, status: (Result) -> OperationStatus = { _ in .success }
  ) async throws(Failure) -> Result {
    active.add(1)
    let start = ContinuousClock.now
    do throws(Failure) {
      let result = try await operation()
      end(start, status(result))
      return result
    } catch {
      end(start, error is CancellationError ? nil : .failed)
      throw error
    }
  }

  /// As the asynchronous one.
  package func measure<Result, Failure: Error>(
    _ operation: () throws(Failure) -> Result, status: (Result) -> OperationStatus = { _ in .success }
  ) throws(Failure) -> Result {
    active.add(1)
    let start = ContinuousClock.now
    do throws(Failure) {
      let result = try operation()
      end(start, status(result))
      return result
    } catch {
      end(start, error is CancellationError ? nil : .failed)
      throw error
    }
  }

  /// Counts a failure of what is part of the operation and comes after it; its time is nobody's latency.
  package func recordLateFailure() { count[.failed].increment() }

  private func end(_ start: ContinuousClock.Instant, _ status: OperationStatus?) {
    active.add(-1)
    guard let status else { return }
    latency.observe(start.duration(to: .now))
    count[status].increment()
  }
}
