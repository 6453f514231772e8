import EnvoyAPI
import SwiftProtobuf

/// Expressions of the Common Expression Language over the request's headers.
enum HeaderExpression {
  /// A header's value; an error where it is absent.
  static func value(_ name: String) -> String { "request.headers['\(name)']" }

  static func value(_ header: ScratchHeader) -> String { value(header.name) }

  static func isPresent(_ name: String) -> String { "'\(name)' in request.headers" }

  static func isPresent(_ header: ScratchHeader) -> String { isPresent(header.name) }
}

extension Envoy_Config_Common_MutationRules_V3_HeaderMutation {
  typealias AppendAction = Envoy_Config_Core_V3_HeaderValueOption.HeaderAppendAction

  /// Sets a header; one that comes out empty is left as it was.
  static func set(_ name: String, _ value: String, action: AppendAction = .overwriteIfExistsOrAdd) -> Self {
    .with {
      $0.append.header.key = name
      $0.append.header.value = value
      $0.append.appendAction = action
    }
  }

  static func remove(_ name: String) -> Self {
    .with { $0.remove = name }
  }
}
