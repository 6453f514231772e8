import ArgumentParser
import JSON

/// How results are printed.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON array of objects instead of a table.")
  var json = false
}

/// Results as rows of named figures.
struct ResultTable {
  enum Cell {
    case text(String)
    case integer(Int)
    case decimal(Double)

    fileprivate var text: String {
      switch self {
      case .text(let value): value
      case .integer(let value): "\(value)"
      case .decimal(let value): value.rounded() == value && abs(value) < 1e15 ? "\(Int(value))" : rounded(value)
      }
    }

    private func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
  }

  let columns: [String]
  private(set) var rows: [[Cell]] = []

  init(columns: [String]) { self.columns = columns }

  mutating func add(_ row: [Cell]) { rows.append(row) }

  func print(as options: OutputOptions) { Swift.print(options.json ? json : table) }

  private var table: String {
    let texts = [columns] + rows.map { $0.map(\.text) }
    let widths = columns.indices.map { column in texts.map { $0[column].count }.max() ?? 0 }
    return texts.map { row in
      zip(row, widths).map { text, width in String(repeating: " ", count: width - text.count) + text }
        .joined(separator: "  ")
    }.joined(separator: "\n")
  }

  private var json: String {
    var writer = JSONWriter()
    writer.array { writer in
      for row in rows {
        writer.object { writer in
          for (column, cell) in zip(columns, row) {
            writer.key(column)
            switch cell {
            case .text(let value): writer.string(value)
            case .integer(let value): writer.int(value)
            case .decimal(let value): writer.double(value)
            }
          }
        }
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension Duration {
  /// In microseconds.
  var microseconds: Double { self / .microseconds(1) }
  /// In milliseconds.
  var milliseconds: Double { self / .milliseconds(1) }
}

extension [Duration] {
  /// The value below which `share` (0...1) of the durations lie; zero if there is none.
  func percentile(_ share: Double) -> Duration {
    let sorted = sorted()
    guard !sorted.isEmpty else { return .zero }
    return sorted[Swift.min(sorted.count - 1, Int(Double(sorted.count) * share))]
  }
}
