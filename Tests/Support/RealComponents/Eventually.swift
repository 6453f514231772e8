/// Waits until the condition holds.
///
/// The condition is asked again and again, with a short pause between. One that throws counts as not yet true (a
/// server that does not listen yet refuses connections), and the last such error is told in the end; so a condition
/// must itself come to an end.
///
/// - Parameters:
///   - what: what is waited for, for the error: "the access log has a line for /get".
///   - limit: how long to wait at most; longer under a sanitizer (`Sanitizer`).
///   - interval: the pause between two tries.
/// - Throws: `NeverCameTrue`, or `CancellationError`.
package func eventually(
  _ what: String, within limit: Duration = .seconds(10), every interval: Duration = .milliseconds(10),
  _ condition: () async throws -> Bool
) async throws {
  try await eventuallyValue(what, within: limit, every: interval) { try await condition() ? () : nil }
}

/// Waits until the closure gives a value, and returns it; otherwise as `eventually`.
package func eventuallyValue<Value>(
  _ what: String, within limit: Duration = .seconds(10), every interval: Duration = .milliseconds(10),
  _ value: () async throws -> Value?
) async throws -> Value {
  let clock = ContinuousClock()
  let limit = Sanitizer.patience(limit)
  let end = clock.now + limit
  var lastError: (any Error)?
  while true {
    do {
      if let found = try await value() { return found }
      lastError = nil
    } catch let error as CancellationError {
      throw error
    } catch {
      lastError = error
    }
    guard clock.now < end else {
      throw NeverCameTrue(
        description: "never came true within \(limit): \(what)" + (lastError.map { "; the last error: \($0)" } ?? ""))
    }
    try await Task.sleep(for: interval)
  }
}

/// A condition that was waited for in vain.
package struct NeverCameTrue: Error, CustomStringConvertible {
  /// What was waited for, how long, and what was seen instead.
  package let description: String

  func adding(_ detail: String) -> NeverCameTrue {
    NeverCameTrue(description: description + "; " + detail)
  }
}
