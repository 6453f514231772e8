/// Format strings, good and bad. `FormatStringEnvoyTests` gives the same ones to the real Envoy.
enum FormatStringCases {
  struct Faulty: Sendable, CustomStringConvertible {
    let text: String
    let message: String
    /// Whether Envoy takes it all the same.
    let isStricterThanEnvoy: Bool

    init(_ text: String, _ message: String, stricterThanEnvoy: Bool = false) {
      self.text = text
      self.message = message
      isStricterThanEnvoy = stricterThanEnvoy
    }

    var description: String { text }
  }

  static let good = [
    "", "x", "50%% of %REQ(a)%", "%%%REQ(a)%%%", "%TRACE_ID%%SPAN_ID%", "%REQ(:PATH)%", "%REQ(X?)%", "%REQ(?Y)%",
    "%REQ(X?:PATH):0%", "%REQ(a%b)%", "%REQ(X-Y_Z.1!#$&'*+^`|~)%", "%RESP(x)%", "%TRAILER(grpc-status)%",
    "%REQUEST_HEADER(x):3%", "%RESPONSE_HEADER(x)%", "%RESPONSE_TRAILER(a?b):7%", "%START_TIME%", "%START_TIME()%",
    "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%", "%START_TIME(%s.%6f)%", "%START_TIME(%)%", "%START_TIME(%Y (x) %m)%",
    "%EMIT_TIME(%s)%", "%DOWNSTREAM_PEER_CERT_V_START(%Y)%", "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:ms)%",
    "%COMMON_DURATION(DS_RX_BEG:DS_TX_END)%", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(24)%",
    "%DYNAMIC_METADATA(ns:key:inner):5%", "%CLUSTER_METADATA(ns)%", "%METADATA(ROUTE:ns:key):5%",
    "%FILTER_STATE(key)%", "%FILTER_STATE(key:PLAIN):10%", "%FILTER_STATE(key:FIELD:name)%",
    "%REQUESTED_SERVER_NAME(SNI_FIRST:ORIG)%", "%REQUESTED_SERVER_NAME(:HOST)%", "%PATH(NQ:PATH):5%", "%PATH%",
    "%QUERY_PARAM(a)%", "%QUERY_PARAMS(DECODED):5%", "%QUERY_PARAMS%", "%ENVIRONMENT(POD_NAME):5%",
    "%GRPC_STATUS(SNAKE_STRING)%", "%GRPC_STATUS%", "%RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)%",
    "%CEL(request.headers['a'])%", "%CEL(size(request.headers['a'])):5%", "%CEL(1 % 2)%", "%TYPED_CEL(request.size)%",
    #"%COALESCE({"operators":["PROTOCOL",{"command":"REQ","param":":authority","max_length":3}]}):50%"#,
    "a\nb%REQ(X)%",
  ]

  static let bad = [
    Faulty("%RESPONS_CODE%", "unknown operator %RESPONS_CODE% at position 0; did you mean %RESPONSE_CODE%?"),
    Faulty("a %UPSTREM_HOST%", "unknown operator %UPSTREM_HOST% at position 2; did you mean %UPSTREAM_HOST%?"),
    Faulty("%req(x)%", "unknown operator %req% at position 0; did you mean %REQ%?"),
    Faulty("%STAUTS%", "unknown operator %STAUTS% at position 0; Envoy 1.40 has none of that name or nearly so"),
    Faulty(
      "%REQ_WITHOUT_QUERY(:path)%", "operator %REQ_WITHOUT_QUERY% at position 0 is not available: use %PATH(NQ)%"),
    Faulty("100%", "the % at position 3 begins no operator; write %% for a literal percent sign"),
    Faulty("5% of %DURATION%", "the % at position 1 begins no operator; write %% for a literal percent sign"),
    Faulty(
      "100%off", "unbalanced % at position 3: %off is not closed by another %; write %% for a literal percent sign"),
    Faulty(
      "%DURATION", "the operator %DURATION at position 0 is not closed by a %; write %% for a literal percent sign"),
    Faulty("%%REQ(a)%", "the % at position 8 begins no operator; write %% for a literal percent sign"),
    Faulty("%DURATION%%", "the % at position 10 begins no operator; write %% for a literal percent sign"),
    Faulty(
      "%REQ(a)",
      "the operator %REQ( at position 0 is not closed; "
        + "its argument ends with )% (or with ):LENGTH%) on the same line"),
    Faulty(
      "%REQ(a)x%",
      "the operator %REQ( at position 0 is not closed; "
        + "its argument ends with )% (or with ):LENGTH%) on the same line"),
    Faulty(
      "%CEL(1\n+1)%",
      "the operator %CEL( at position 0 is not closed; "
        + "its argument ends with )% (or with ):LENGTH%) on the same line"),
    Faulty(
      "%REQ(X):abc%",
      "the operator %REQ( at position 0 is not closed; "
        + "its argument ends with )% (or with ):LENGTH%) on the same line"),
    Faulty(
      "%REQ(X):99999999999999999999999%",
      "the length of the operator %REQ% at position 0 is not a number of characters, as in %REQ(:PATH):80%"),
    Faulty(
      "%DURATION:%",
      "the length of the operator %DURATION% at position 0 is not a number of characters, as in %REQ(:PATH):80%"),
    Faulty("%REQ%", "operator %REQ% at position 0 needs an argument, as in %REQ(X-REQUEST-ID)%"),
    Faulty("%REQ()%", "operator %REQ% at position 0 needs an argument, as in %REQ(X-REQUEST-ID)%"),
    Faulty("%DURATION(ms)%", "operator %DURATION% at position 0 takes no argument; write %DURATION%"),
    Faulty("%DURATION:5%", "operator %DURATION% at position 0 takes no length; leave out the :5"),
    Faulty("%START_TIME(%s):5%", "operator %START_TIME% at position 0 takes no length; leave out the :5"),
    Faulty(
      "%REQ(A?B?C)%",
      "operator %REQ% at position 0: A?B?C names 3 headers; it can name one, and one to take instead: A?B"),
    Faulty("%REQ(a b)%", "operator %REQ% at position 0: \"a b\" is no name of a header"),
    Faulty("%REQ(:)%", "operator %REQ% at position 0: \":\" is no name of a header"),
    Faulty("%REQ(é)%", "operator %REQ% at position 0: \"é\" is no name of a header"),
    Faulty(
      "%START_TIME(%Y%n)%",
      "operator %START_TIME% at position 0: %n in a time format would break the line; leave it out"),
    Faulty(
      "%GRPC_STATUS(number)%",
      "operator %GRPC_STATUS% at position 0: number is none of CAMEL_STRING, SNAKE_STRING, NUMBER"),
    Faulty("%PATH(QN)%", "operator %PATH% at position 0: QN is none of WQ, NQ"),
    Faulty("%PATH(NQ:x)%", "operator %PATH% at position 0: x is none of ORIG, PATH, ORIG_OR_PATH"),
    Faulty(
      "%METADATA(dynamic:a)%",
      "operator %METADATA% at position 0: dynamic is none of DYNAMIC, CLUSTER, ROUTE, UPSTREAM_HOST, LISTENER, "
        + "LISTENER_FILTER_CHAIN, VIRTUAL_HOST"),
    Faulty("%FILTER_STATE(a:XX)%", "operator %FILTER_STATE% at position 0: XX is none of PLAIN, TYPED, FIELD"),
    Faulty(
      "%FILTER_STATE(a:FIELD)%",
      "operator %FILTER_STATE% at position 0: write KEY, KEY:PLAIN, KEY:TYPED or KEY:FIELD:NAME"),
    Faulty(
      "%FILTER_STATE(a:PLAIN:b)%",
      "operator %FILTER_STATE% at position 0: write KEY, KEY:PLAIN, KEY:TYPED or KEY:FIELD:NAME"),
    Faulty("%FILTER_STATE(:PLAIN)%", "operator %FILTER_STATE% at position 0: the key is empty"),
    Faulty("%COMMON_DURATION(a:b:s)%", "operator %COMMON_DURATION% at position 0: s is none of ms, us, ns"),
    Faulty(
      "%COMMON_DURATION(a)%",
      "operator %COMMON_DURATION% at position 0: write FROM:TO:PRECISION, as in DS_RX_BEG:DS_TX_END:ms"),
    Faulty(
      "%CEL(size(request)%",
      "operator %CEL% at position 0: the ( at position 4 of the expression is not closed "
        + "(in %CEL(...)% the first )% ends the operator)"),
    Faulty("%CEL(request))%", "operator %CEL% at position 0: one ) too many at position 7 of the expression"),
    Faulty(
      "%CEL('a)%",
      "operator %CEL% at position 0: the text that begins at position 0 of the expression is not closed; "
        + "it ends with ' on the same line"),
    Faulty(
      "a %TYPED_CEL(request.pth):5%",
      "operator %TYPED_CEL% at position 2: unknown attribute request.pth at position 8 of the expression; "
        + "did you mean request.path?", stricterThanEnvoy: true),
    Faulty(
      #"%COALESCE({"operators":[]})%"#,
      #"operator %COALESCE% at position 0: its argument lists no operators, as in {"operators": ["PROTOCOL"]}"#),
    Faulty(
      #"%COALESCE({"operators":["PROTOCL"]})%"#,
      "operator %COALESCE% at position 0: unknown operator %PROTOCL% at operators[0]; did you mean %PROTOCOL%?"),
    Faulty(
      #"%COALESCE({"operators":["PROTOCOL",{"command":"REQ"}]})%"#,
      "operator %COALESCE% at position 0: operator %REQ% at operators[1] needs an argument, as in %REQ(X-REQUEST-ID)%"),
    Faulty(
      #"%COALESCE({"operators":[{"command":"REQ","param":"x","max_length":0}]})%"#,
      "operator %COALESCE% at position 0: operators[0].max_length is no positive number"),
    Faulty(
      #"%COALESCE({"operators":[{"param":"x"}]})%"#,
      "operator %COALESCE% at position 0: operators[0] has no command"),
    Faulty(
      "%RESPONSE_CODE_DETAILS(x)%", "operator %RESPONSE_CODE_DETAILS% at position 0: x is not ALLOW_WHITESPACES",
      stricterThanEnvoy: true),
    Faulty(
      "%UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(abc)%",
      "operator %UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT% at position 0: abc is no prefix length from 0 to 128",
      stricterThanEnvoy: true),
    Faulty(
      "%PATH(NQ:PATH:z)%", "operator %PATH% at position 0: NQ:PATH:z has more than 2 parts", stricterThanEnvoy: true),
  ]
}
