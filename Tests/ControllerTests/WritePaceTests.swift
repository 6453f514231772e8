import Controller
import Testing

@Suite("The pace of writes")
struct WritePaceTests {
  private let start = ContinuousClock.now

  private func pace(rate: Double = 50, burst: Int = 100) -> WritePace {
    WritePace(.init(rate: rate, burst: burst), at: start)
  }

  @Test("after a quiet time a burst is free, and what follows comes at the rate")
  func burst() {
    var pace = pace()
    let turns = (0..<150).map { _ in start.duration(to: pace.take(at: start)) }
    #expect(turns[..<100].allSatisfy { $0 == .zero })
    #expect(turns[100] == .milliseconds(20))
    #expect(turns[149] == .seconds(1))
  }

  @Test("10,000 writes that wait for their turns take 198 s, and never more than the burst and the rate allow")
  func sustained() {
    var pace = pace()
    var now = start
    var times: [Duration] = []
    for _ in 0..<10_000 {
      now = max(now, pace.take(at: now))
      times.append(start.duration(to: now))
    }
    #expect(times.last.map { abs($0 / .seconds(1) - 198) < 0.01 } == true)
    for begin in stride(from: 0, to: 9_000, by: 97) {
      let inOneSecond = times[begin...].prefix { $0 < times[begin] + .seconds(1) }.count
      #expect(inOneSecond <= (begin == 0 ? 150 : 151))
    }
  }

  @Test("what is not used comes back with the time, up to the burst")
  func refill() {
    var pace = pace(rate: 10, burst: 5)
    for _ in 0..<5 { _ = pace.take(at: start) }
    let later = start + .milliseconds(250)
    #expect(pace.take(at: later) == later)
    #expect(pace.take(at: later) == later)
    #expect(pace.take(at: later) > later)
    let muchLater = start + .seconds(3600)
    for _ in 0..<5 { #expect(pace.take(at: muchLater) == muchLater) }
    #expect(pace.take(at: muchLater) > muchLater)
  }

  @Test("a turn that is given back is another's")
  func givenBack() {
    var pace = pace(rate: 1, burst: 1)
    #expect(pace.take(at: start) == start)
    #expect(pace.take(at: start) == start + .seconds(1))
    pace.giveBack()
    #expect(pace.take(at: start) == start + .seconds(1))
  }

  @Test("a stop holds all writes, those that were promised their turn too, and no burst follows it")
  func stop() {
    var pace = pace(rate: 10, burst: 100)
    pace.stop(for: .seconds(5), at: start)
    let end = start + .seconds(5)
    #expect(pace.stop(at: start + .seconds(4)) == end)
    #expect(pace.stop(at: end) == nil)
    #expect(pace.take(at: start + .seconds(1)) == end + .milliseconds(100))
    #expect(pace.take(at: start + .seconds(2)) == end + .milliseconds(200))
    // A shorter one that comes later takes nothing from it.
    pace.stop(for: .seconds(1), at: start + .seconds(2))
    #expect(pace.stop(at: start + .seconds(4)) == end)
  }
}
