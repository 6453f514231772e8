import RealComponents

/// Tries random inputs on something that reads what comes from outside.
///
/// - `KGATEWAY_FUZZ_CASES`: how many cases each target gets, in place of the few thousand of the test suite.
/// - `KGATEWAY_FUZZ_SEED`: the first seed, 1 otherwise. Each case has a seed of its own, one more than the case before it,
///   so that a case which failed comes again alone with its seed and `KGATEWAY_FUZZ_CASES=1`.
///
/// The seed of the case under way stands in the file `kgateway-fuzz-TARGET.seed` of the folder for temporary files, in
/// case that it ends the process.
package struct Fuzzer: Sendable {
  private let target: String
  private let settings: FuzzSettings
  private let limit: Duration

  /// - Parameters:
  ///   - target: what is tried, as a word.
  ///   - cases: how many cases, unless the environment says otherwise.
  ///   - limit: the longest that a case may take; longer under a sanitizer.
  package init(_ target: String, cases: Int, limit: Duration = .seconds(2)) {
    self.target = target
    settings = FuzzSettings(cases: cases)
    self.limit = Sanitizer.patience(limit)
  }

  /// Makes inputs, and checks what becomes of each.
  ///
  /// - Returns: what was found, with the seeds; prints a line about it.
  package func run<Input: FuzzInput>(
    _ input: (inout FuzzRandom) -> Input, check: (Input, inout FuzzRandom) throws -> FuzzVerdict
  ) -> [FuzzFinding] {
    var tally = FuzzTally(target: target, settings: settings, limit: limit)
    for index in 0..<settings.cases {
      let seed = settings.seed &+ UInt64(index)
      tally.begin(seed)
      var random = FuzzRandom(seed: seed)
      let tried = input(&random)
      let start = CPUTime.ofThread
      let result = Result { try check(tried, &random) }
      tally.add(result, of: tried, time: CPUTime.ofThread - start)
    }
    return tally.finish()
  }

  /// The same for checks that wait, as for an answer; their time is the clock's.
  package func run<Input: FuzzInput>(
    _ input: (inout FuzzRandom) -> Input, checkWaiting check: (Input, inout FuzzRandom) async throws -> FuzzVerdict
  ) async -> [FuzzFinding] {
    var tally = FuzzTally(target: target, settings: settings, limit: limit)
    for index in 0..<settings.cases {
      let seed = settings.seed &+ UInt64(index)
      tally.begin(seed)
      var random = FuzzRandom(seed: seed)
      let tried = input(&random)
      let start = ContinuousClock.now
      let result: Result<FuzzVerdict, any Error>
      do { result = .success(try await check(tried, &random)) } catch { result = .failure(error) }
      tally.add(result, of: tried, time: ContinuousClock.now - start)
    }
    return tally.finish()
  }
}

/// What became of an input.
package enum FuzzVerdict: Sendable {
  case accepted
  /// With an error that is as it should be.
  case refused
  /// What should not have happened.
  case fault(String)
}

/// A case in which something happened that should not.
package struct FuzzFinding: Sendable, Equatable, CustomStringConvertible {
  package let seed: UInt64
  package let what: String
  package let input: String

  package var description: String {
    "\(what)\n  again with KGATEWAY_FUZZ_SEED=\(seed) KGATEWAY_FUZZ_CASES=1\n  input: \(input)"
  }
}

/// What is tried.
package protocol FuzzInput {
  /// In bytes.
  var fuzzedLength: Int { get }
  /// As it is printed when it fails.
  var fuzzedText: String { get }
}

extension [UInt8]: FuzzInput {
  package var fuzzedLength: Int { count }

  /// As text where it is text, and otherwise as numbers.
  package var fuzzedText: String {
    let beginning = prefix(2000)
    let text = String(decoding: beginning, as: UTF8.self)
    return text.contains("\u{FFFD}") ? "\(Array(beginning))" : text.debugDescription
  }
}

extension String: FuzzInput {
  package var fuzzedLength: Int { utf8.count }
  package var fuzzedText: String { String(prefix(2000)).debugDescription }
}
