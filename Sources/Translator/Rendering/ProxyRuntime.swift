package import EnvoyAPI
import SwiftProtobuf

/// What every proxy is told of its own limits when it starts.
package enum ProxyRuntime {
  /// For a bootstrap. Envoy's default for the size of a regular expression's program, 100, is too small for what people
  /// write; a policy's expressions are held to the size that is set here (``RegularExpression``).
  package static let layers = Envoy_Config_Bootstrap_V3_LayeredRuntime.with {
    $0.layers = [
      .with {
        $0.name = "kgateway"
        $0.staticLayer.fields["re2.max_program_size.error_level"] = .with {
          $0.numberValue = Double(RegularExpressionUse.header.maximumProgramSize)
        }
      }
    ]
  }
}
