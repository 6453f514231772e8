extension HTTPListenerPolicy {
  /// What the proxies measure of requests.
  package struct Metrics: Hashable, Sendable {
    /// `http.enabled`; nil: yes.
    package var http: Bool?
    package var llm: LLM?
    package var labels: [Label]

    package init(http: Bool? = nil, llm: LLM? = nil, labels: [Label] = []) {
      self.http = http
      self.llm = llm
      self.labels = labels
    }

    /// Of LLM requests.
    package struct LLM: Hashable, Sendable {
      /// Nil: as the Gateway's class says.
      package var enabled: Bool?
      /// Nil when absent.
      package var maxModels: Int?
      /// In place of the known ones; nil when absent.
      package var endpoints: [Endpoint]?

      package init(enabled: Bool? = nil, maxModels: Int? = nil, endpoints: [Endpoint]? = nil) {
        self.enabled = enabled
        self.maxModels = maxModels
        self.endpoints = endpoints
      }
    }

    /// A method of an API of a provider.
    package struct Endpoint: Hashable, Sendable {
      package var pathSuffix: String
      /// `OpenAI`, `Anthropic` or `Gemini`.
      package var format: String
      /// Nil: after the format.
      package var provider: String?

      package init(pathSuffix: String, format: String, provider: String? = nil) {
        self.pathSuffix = pathSuffix
        self.format = format
        self.provider = provider
      }
    }

    /// A label of the policy's own; exactly one source is meant to be set.
    package struct Label: Hashable, Sendable {
      package var name: String
      package var requestHeader: RequestHeader?
      /// A format string of Envoy's access logs.
      package var format: String?

      package init(name: String, requestHeader: RequestHeader? = nil, format: String? = nil) {
        self.name = name
        self.requestHeader = requestHeader
        self.format = format
      }
    }

    package struct RequestHeader: Hashable, Sendable {
      package var name: String
      /// The values that are told apart; all others are `other`. Empty: every value.
      package var values: [String]

      package init(name: String, values: [String] = []) {
        self.name = name
        self.values = values
      }
    }
  }
}
