/// The Lua script that looks at the calls of LLMs in a proxy, and notes what the loggers of
/// `LanguageModelMetrics` count. It is the same for every listener: what differs comes as the filter's context.
///
/// It reads bodies piece by piece as they pass, and holds none of them back. So nothing has to be buffered: bodies of any
/// size pass, and answers are streamed. Envoy's own filters for the same end (`json_to_metadata`, `sse_to_metadata`) keep
/// the whole body, refuse what is over the connection's buffer limit, and read it in one go: 2.6 s of a worker and 320 MB
/// for 32 MiB of numbers, where this script takes 0.5 s in small steps and no memory (measured with Envoy 1.40).
///
/// An error in a script hurts no request: Envoy logs it, counts it in `envoy_http_lua_llm_errors`, and lets the request
/// pass. Envoy's wrappers, as that of the headers, die whenever a script waits for the next piece of a body; so each is
/// asked for anew.
enum LanguageModelScript {
  /// Where the script leaves what it found, as dynamic metadata of the request. Access logs can show it:
  /// `%DYNAMIC_METADATA(agentgateway.llm:request_model)%`.
  static let metadataNamespace = "agentgateway.llm"

  /// The keys under the namespace.
  enum Key {
    /// Set for each call.
    static let provider = "provider"
    /// Set for each call: the name as a label's value.
    static let model = "model"
    /// Set once the answer, or a part of it, told the number.
    static let inputTokens = "input_tokens"
    static let outputTokens = "output_tokens"
    static let cacheReadTokens = "cache_read_tokens"
    static let cacheWriteTokens = "cache_write_tokens"
    /// In seconds, as a fraction. Set for answers that are streamed.
    static let timeToFirstToken = "time_to_first_token"
    /// Set for calls that failed: what the error is called, as a label's value.
    static let error = "error"
  }

  /// The keys of the filter's context.
  enum Context {
    /// A list of structs with `suffix`, `format` and `provider`.
    static let endpoints = "endpoints"
    static let maximumModels = "maximumModels"
    static let maximumErrors = "maximumErrors"
  }

  /// Filters with this name and the same script share one Lua state in each worker: all listeners, and each new version of
  /// them. In it are the names that have become labels. Another version of the script begins with none (seen with Envoy
  /// 1.40).
  static let sharedStateName = "agentgateway.llm"

  /// The text as Envoy gets it: without the comments and the indentation, which are for people.
  static let text = [jsonReader, eventReader, calls].joined()
    .split(separator: "\n")
    .map { $0.drop { $0 == " " } }
    .filter { !$0.isEmpty && !$0.hasPrefix("--") }
    .joined(separator: "\n")
}
