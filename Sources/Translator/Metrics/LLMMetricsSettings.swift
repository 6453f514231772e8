/// What is measured of the requests to LLMs.
struct LLMMetricsSettings: Hashable {
  /// How requests and answers of an API are written, which says where the model and the tokens stand in them.
  enum Format: String, CaseIterable, Hashable {
    case openAI = "OpenAI"
    case anthropic = "Anthropic"
    case gemini = "Gemini"
  }

  /// An API that is called by POST.
  struct Endpoint: Hashable {
    /// What the path ends with, without its query: `/v1/chat/completions`. A provider may be mounted under any prefix. For
    /// Gemini, whose paths have the model in them: the method, as `:generateContent`.
    var pathSuffix: String
    var format: Format
    /// The label's value.
    var provider: String
  }

  /// Of several whose suffix fits, the first counts.
  var endpoints = Self.knownEndpoints
  /// The model names that each worker of a proxy tells apart; those beyond are `other`. Workers share nothing, so that a
  /// proxy has at most this number for each of its workers; it has no more than this where they see the same names.
  var maximumModels = 100

  /// The public APIs of the three providers.
  static let knownEndpoints = [
    ("/v1/chat/completions", Format.openAI, "openai"), ("/v1/completions", .openAI, "openai"),
    ("/v1/embeddings", .openAI, "openai"), ("/v1/responses", .openAI, "openai"),
    ("/v1/messages", .anthropic, "anthropic"),
    (":generateContent", .gemini, "gemini"), (":streamGenerateContent", .gemini, "gemini"),
  ].map { Endpoint(pathSuffix: $0, format: $1, provider: $2) }
}
