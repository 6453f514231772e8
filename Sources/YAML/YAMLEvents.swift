import CYAML

/// What libyaml reports, in the order of the text.
struct YAMLEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd
    case alias(String)
    case scalar(Scalar, anchor: String?)
    case sequenceStart(anchor: String?)
    case sequenceEnd
    case mappingStart(anchor: String?)
    case mappingEnd
  }

  /// A scalar as written, quotes and escapes resolved.
  struct Scalar {
    var text: String
    /// The tag in its long form; nil where none is written.
    var tag: String?
    /// Neither quoted nor a block.
    var isPlain: Bool
  }

  var kind: Kind
  var position: YAMLPosition
}

/// libyaml's parser over one text.
final class YAMLEventParser {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  /// A copy of the text, because libyaml keeps a pointer to it.
  private let text: UnsafeMutableBufferPointer<UInt8>

  init(_ bytes: [UInt8]) throws(YAMLError) {
    text = .allocate(capacity: bytes.count)
    _ = text.initialize(from: bytes)
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    guard yaml_parser_initialize(parser) == 1 else {
      throw YAMLError(position: YAMLPosition(line: 1, column: 1), message: "out of memory")
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, text.baseAddress, text.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    text.deallocate()
  }

  /// The next event; after the end of the stream, and after an error, there is none to ask for.
  func next() throws(YAMLError) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw error() }
    defer { yaml_event_delete(&event) }
    return YAMLEvent(kind: Self.kind(of: event), position: YAMLPosition(event.start_mark))
  }

  private static func kind(of event: yaml_event_t) -> YAMLEvent.Kind {
    switch event.type {
    case YAML_STREAM_START_EVENT: return .streamStart
    case YAML_DOCUMENT_START_EVENT: return .documentStart
    case YAML_DOCUMENT_END_EVENT: return .documentEnd
    case YAML_ALIAS_EVENT: return .alias(string(event.data.alias.anchor) ?? "")
    case YAML_SEQUENCE_START_EVENT: return .sequenceStart(anchor: string(event.data.sequence_start.anchor))
    case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
    case YAML_MAPPING_START_EVENT: return .mappingStart(anchor: string(event.data.mapping_start.anchor))
    case YAML_MAPPING_END_EVENT: return .mappingEnd
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
      return .scalar(
        YAMLEvent.Scalar(text: text, tag: string(scalar.tag), isPlain: isPlain), anchor: string(scalar.anchor))
    default: return .streamEnd
    }
  }

  private static func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    text.map { String(decodingCString: $0, as: UTF8.self) }
  }

  // MARK: Errors

  private func error() -> YAMLError {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "the text is not valid YAML"
    // The reader below the parser knows no marks, only a distance in bytes.
    if parser.pointee.error == YAML_READER_ERROR {
      return YAMLError(position: position(ofByte: Int(parser.pointee.problem_offset)), message: problem)
    }
    let position = YAMLPosition(parser.pointee.problem_mark)
    return YAMLError(position: position, message: explanation(of: problem, at: position) ?? problem + context())
  }

  /// `, while parsing a block mapping that begins at line 3`.
  private func context() -> String {
    guard let context = parser.pointee.context else { return "" }
    return ", \(String(cString: context)) that begins at line \(parser.pointee.context_mark.line + 1)"
  }

  /// libyaml's commonest complaints say what the scanner met, not what the writer did.
  private func explanation(of problem: String, at position: YAMLPosition) -> String? {
    switch problem {
    case "found character that cannot start any token":
      switch character(at: position) {
      case "\t": "a tab cannot indent; use spaces"
      case .some(let character): "a value cannot begin with \(character); quote it"
      case nil: nil
      }
    case "mapping values are not allowed in this context":
      "a colon is not allowed here; quote the value that contains it, or check the indentation"
    case "did not find expected key", "did not find expected '-' indicator":
      "this line does not fit the lines before it, check its indentation" + context()
    case "could not find expected ':'":
      "a key without a colon after it" + context()
    default: nil
    }
  }

  private func character(at position: YAMLPosition) -> Character? {
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard position.line <= lines.count else { return nil }
    let line = String(decoding: lines[position.line - 1], as: UTF8.self).unicodeScalars
    return line.dropFirst(position.column - 1).first.map(Character.init)
  }

  private func position(ofByte offset: Int) -> YAMLPosition {
    let before = text.prefix(offset)
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    return YAMLPosition(
      line: line, column: String(decoding: before[lineStart...], as: UTF8.self).unicodeScalars.count + 1)
  }
}

extension YAMLPosition {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }
}
