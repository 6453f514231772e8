import EnvoyAPI
import SwiftProtobuf

/// The HTTP filter that looks at calls of LLMs, and at nothing else.
///
/// A composite filter chooses by method and path; any other request meets only that choice (about 10 µs of a worker, where a
/// call costs about 200 µs; measured with Envoy 1.40) and is streamed as without it. Behind the choice is the script, and
/// what opens compressed answers. The script asks providers for answers without compression; one that compresses all the
/// same has its answer opened on the way, and the client gets it plain.
enum LanguageModelFilter {
  private typealias Matcher = Xds_Type_Matcher_V3_Matcher
  private typealias Predicate = Matcher.MatcherList.Predicate
  private typealias Extension = Envoy_Config_Core_V3_TypedExtensionConfig

  /// The most names of errors that a worker of the proxy tells apart. They are the providers' and few; a broken one shall
  /// not make series without end.
  private static let maximumErrors = 32

  private typealias HTTPFilter = Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpFilter

  static func filter(
    _ settings: LLMMetricsSettings
  ) -> Envoy_Extensions_Filters_Network_HttpConnectionManager_V3_HttpFilter {
    settings == LLMMetricsSettings() ? standard : built(settings)
  }

  /// What nearly every listener has, made once: the script in it is long.
  private static let standard = built(LLMMetricsSettings())

  private static func built(_ settings: LLMMetricsSettings) -> HTTPFilter {
    let action = Envoy_Extensions_Filters_Http_Composite_V3_ExecuteFilterAction.with {
      // Answers pass from the last to the first.
      $0.filterChain.typedConfig = [script(settings)] + decompressors
    }
    let composite = Envoy_Extensions_Filters_Http_Composite_V3_Composite.with {
      $0.matcher.matcherList.matchers = [
        .with {
          $0.predicate = isCall(settings)
          $0.onMatch.action = Xds_Core_V3_TypedExtensionConfig.with {
            $0.name = "language-models"
            $0.typedConfig = Google_Protobuf_Any(packing: action)
          }
        }
      ]
    }
    return .with {
      $0.name = "envoy.filters.http.composite"
      $0.typedConfig = Google_Protobuf_Any(packing: composite)
    }
  }

  // MARK: Which requests

  private static func isCall(_ settings: LLMMetricsSettings) -> Predicate {
    let suffixes = settings.endpoints.map { quoted($0.pathSuffix) }.joined(separator: "|")
    return .with {
      $0.andMatcher.predicate = [
        header(":method") { $0.exact = "POST" },
        // Envoy's regular expressions are for the whole text.
        header(":path") {
          $0.safeRegex.googleRe2 = .init()
          $0.safeRegex.regex = #"[^?]*(?:\#(suffixes))(?:\?.*)?"#
        },
      ]
    }
  }

  private static func header(
    _ name: String, _ match: (inout Xds_Type_Matcher_V3_StringMatcher) -> Void
  ) -> Predicate {
    let input = Envoy_Type_Matcher_V3_HttpRequestHeaderMatchInput.with { $0.headerName = name }
    return .with {
      $0.singlePredicate.input.name = "envoy.matching.inputs.request_headers"
      $0.singlePredicate.input.typedConfig = Google_Protobuf_Any(packing: input)
      match(&$0.singlePredicate.valueMatch)
    }
  }

  /// The text as a regular expression for itself (RE2: punctuation after a backslash is itself).
  private static func quoted(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if character.isASCII, character.isPunctuation || character.isSymbol { result.append("\\") }
      result.append(character)
    }
  }

  // MARK: What is done with them

  private static func script(_ settings: LLMMetricsSettings) -> Extension {
    let lua = Envoy_Extensions_Filters_Http_Lua_V3_Lua.with {
      $0.defaultSourceCode.inlineString = LanguageModelScript.text
      $0.statPrefix = "llm"
      $0.filterContext = context(settings)
      $0.sharedVmID = LanguageModelScript.sharedStateName
    }
    return .with {
      $0.name = "envoy.filters.http.lua"
      $0.typedConfig = Google_Protobuf_Any(packing: lua)
    }
  }

  private static func context(_ settings: LLMMetricsSettings) -> Google_Protobuf_Struct {
    let endpoints = settings.endpoints.map { endpoint in
      Google_Protobuf_Value(
        structValue: Google_Protobuf_Struct(fields: [
          "suffix": Google_Protobuf_Value(stringValue: endpoint.pathSuffix),
          "format": Google_Protobuf_Value(stringValue: endpoint.format.rawValue.lowercased()),
          "provider": Google_Protobuf_Value(stringValue: endpoint.provider),
        ]))
    }
    return Google_Protobuf_Struct(fields: [
      LanguageModelScript.Context.endpoints: Google_Protobuf_Value(
        listValue: Google_Protobuf_ListValue(values: endpoints)),
      LanguageModelScript.Context.maximumModels: Google_Protobuf_Value(numberValue: Double(settings.maximumModels)),
      LanguageModelScript.Context.maximumErrors: Google_Protobuf_Value(numberValue: Double(maximumErrors)),
    ])
  }

  private static let decompressors: [Extension] = [
    decompressor("gzip", Envoy_Extensions_Compression_Gzip_Decompressor_V3_Gzip()),
    decompressor("brotli", Envoy_Extensions_Compression_Brotli_Decompressor_V3_Brotli()),
    decompressor("zstd", Envoy_Extensions_Compression_Zstd_Decompressor_V3_Zstd()),
  ]

  /// Opens answers only: what a client sends goes on as it came.
  private static func decompressor(_ name: String, _ library: some Message) -> Extension {
    let config = Envoy_Extensions_Filters_Http_Decompressor_V3_Decompressor.with {
      $0.decompressorLibrary.name = "envoy.compression.\(name).decompressor"
      $0.decompressorLibrary.typedConfig = Google_Protobuf_Any(packing: library)
      $0.requestDirectionConfig.advertiseAcceptEncoding = false
      $0.requestDirectionConfig.commonConfig.enabled.defaultValue = false
      // Must be there; nothing sets it.
      $0.requestDirectionConfig.commonConfig.enabled.runtimeKey = "kgateway.language_models.decompress_requests"
    }
    return .with {
      $0.name = "envoy.filters.http.decompressor"
      $0.typedConfig = Google_Protobuf_Any(packing: config)
    }
  }
}
