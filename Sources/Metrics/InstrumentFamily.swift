/// The label values of one series, out of a closed set: a label cannot grow without bound, and every series is there
/// with 0 from the start, so that `rate()` and alerts see the first event.
package protocol MetricLabels: Hashable, Sendable {
  /// The labels' names.
  static var names: [String] { get }
  /// Every combination of values that there is.
  static var all: [Self] { get }
  /// The values, in the order of the names.
  var values: [String] { get }
}

/// A single label, as an enumeration of its values.
package protocol MetricLabelValue: MetricLabels, CaseIterable, RawRepresentable<String> {
  /// The label's name.
  static var name: String { get }
}

extension MetricLabelValue {
  package static var names: [String] { [name] }
  package static var all: [Self] { Array(allCases) }
  package var values: [String] { [rawValue] }
}

/// The series of one metric, by their labels.
package struct InstrumentFamily<Labels: MetricLabels, Member: Instrument>: Sendable {
  private let members: [Labels: Member]
  private let unlisted: Member

  init(_ make: () -> Member) {
    members = Dictionary(Labels.all.map { ($0, make()) }) { first, _ in first }
    unlisted = make()
  }

  /// The series with these labels. Takes no lock; a hot path keeps the result.
  ///
  /// Labels that `all` leaves out get an instrument that is not shown.
  package subscript(_ labels: Labels) -> Member {
    members[labels] ?? unlisted
  }

  /// Every series with its labels.
  var series: [(labels: [MetricLabel], any Instrument)] {
    members.map { labels, member in (zip(Labels.names, labels.values).map { MetricLabel($0, $1) }, member) }
  }
}
