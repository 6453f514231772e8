import NIOHTTP1

/// What clients ask, most of all calls of LLMs, and the answers of a provider, both after the public
/// references of the three APIs.
struct ClientCall: Sendable {
  /// The header by which a request says what it is to be answered with.
  static let header = "x-answer"

  var path: String
  var body: String
  /// The name of its answer.
  var answer: String

  var headers: [(String, String)] { [("content-type", "application/json"), (Self.header, answer)] }

  /// A plain request.
  static func get(_ path: String) -> ClientCall { ClientCall(path: path, body: "", answer: "") }

  /// One call that fails after some that do not.
  private static func rarely(_ failing: ClientCall, among call: ClientCall) -> [ClientCall] {
    Array(repeating: call, count: 10) + [failing]
  }

  /// What clients do, one after the other; each client something else.
  static let clients = [
    [openAI], rarely(openAILimited, among: openAIStream), rarely(anthropicOverloaded, among: anthropic), [gemini],
    [get("/")], [get("/delay/20")], rarely(get("/status/500"), among: get("/")),
    rarely(get("/status/401"), among: get("/")) + [get("/status/403"), get("/status/403"), get("/status/429")],
  ]

  private static let openAI = ClientCall(
    path: "/v1/chat/completions", body: #"{"model": "gpt-4o-mini", "messages": []}"#, answer: "openai")
  private static let openAIStream = ClientCall(
    path: "/v1/chat/completions",
    body: #"{"model": "gpt-4o", "stream": true, "stream_options": {"include_usage": true}, "messages": []}"#,
    answer: "openai-stream")
  private static let openAILimited = ClientCall(
    path: "/v1/chat/completions", body: #"{"model": "gpt-4o", "messages": []}"#, answer: "openai-limited")
  private static let anthropic = ClientCall(
    path: "/v1/messages", body: #"{"model": "claude-sonnet-4-5", "max_tokens": 64, "messages": []}"#,
    answer: "anthropic")
  private static let anthropicOverloaded = ClientCall(
    path: "/v1/messages", body: #"{"model": "claude-sonnet-4-5", "max_tokens": 64, "messages": []}"#,
    answer: "anthropic-overloaded")
  private static let gemini = ClientCall(
    path: "/v1beta/models/gemini-2.5-flash:generateContent", body: #"{"contents": []}"#, answer: "gemini")

  /// Each call of an LLM, once.
  static let models = [openAI, openAIStream, openAILimited, anthropic, anthropicOverloaded, gemini]

  /// What a provider answers to a call; nil to anything else.
  static func answer(to request: HTTPRequestHead) -> Backend.Answer? {
    switch request.headers.first(name: header) {
    case "openai":
      Backend.Answer(
        pieces: [
          #"{"object": "chat.completion", "model": "gpt-4o-mini", "usage": "#
            + #"{"prompt_tokens": 120, "completion_tokens": 40, "total_tokens": 160}}"#
        ], pause: .milliseconds(30))
    case "openai-stream":
      Backend.Answer(
        contentType: "text/event-stream",
        pieces: [
          "data: {\"object\": \"chat.completion.chunk\", \"model\": \"gpt-4o\", \"choices\": [{\"index\": 0}]}\n\n",
          "data: {\"object\": \"chat.completion.chunk\", \"model\": \"gpt-4o\", \"choices\": [], "
            + "\"usage\": {\"prompt_tokens\": 300, \"completion_tokens\": 90, \"total_tokens\": 390}}\n\n",
          "data: [DONE]\n\n",
        ], pause: .milliseconds(40))
    case "openai-limited":
      Backend.Answer(
        status: 429,
        pieces: [#"{"error": {"type": "requests", "code": "rate_limit_exceeded", "message": "Too many"}}"#])
    case "anthropic":
      Backend.Answer(
        pieces: [
          #"{"type": "message", "model": "claude-sonnet-4-5", "usage": {"input_tokens": 200, "output_tokens": 60, "#
            + #""cache_read_input_tokens": 500, "cache_creation_input_tokens": 100}}"#
        ], pause: .milliseconds(60))
    case "anthropic-overloaded":
      Backend.Answer(
        status: 529,
        pieces: [#"{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}"#])
    case "gemini":
      Backend.Answer(
        pieces: [
          #"{"modelVersion": "gemini-2.5-flash", "usageMetadata": "#
            + #"{"promptTokenCount": 80, "candidatesTokenCount": 30, "totalTokenCount": 110}}"#
        ], pause: .milliseconds(20))
    default: nil
    }
  }
}
