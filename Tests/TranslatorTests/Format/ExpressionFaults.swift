extension ExpressionCases {
  /// Expressions that are refused, with the whole message.
  static let bad = [
    Faulty("", "the expression is empty"),
    Faulty("  ", "the expression is empty"),
    Faulty("// nothing", "a value is missing at position 10 of the expression, where the expression ends"),
    Faulty("request.path ==", "a value is missing at position 15 of the expression, where the expression ends"),
    Faulty(
      "request.path == '/a",
      "the text that begins at position 16 of the expression is not closed; it ends with ' on the same line"),
    Faulty(
      #"request.path == "/a'"#,
      #"the text that begins at position 16 of the expression is not closed; it ends with " on the same line"#),
    Faulty("'''a''", "the text that begins at position 0 of the expression is not closed; it ends with '''"),
    Faulty(
      #"r'a\'"#,
      #"the \ at position 3 of the expression stands before the closing quote, which a text with an r "#
        + #"before it cannot have; leave out the r and double each \"#),
    Faulty(
      #"'\d+'"#,
      #"unknown escape \d at position 1 of the expression; write \\d for a backslash, or put an r before "#
        + "the opening quote"),
    Faulty(
      #"'\x4'"#,
      #"unknown escape \x at position 1 of the expression; write \\x for a backslash, or put an r before "#
        + "the opening quote"),
    Faulty(
      #"'\ud800'"#,
      #"unknown escape \u at position 1 of the expression; write \\u for a backslash, or put an r before "#
        + "the opening quote"),
    Faulty(#"b'\u00e9'"#, #"an escape of Unicode in bytes at position 2 of the expression; write the bytes, as \xff"#),
    Faulty(
      "'a\nb'",
      "the text that begins at position 0 of the expression is not closed; it ends with ' on the same line"),
    Faulty(
      "size(request.path",
      "the ( at position 4 of the expression is not closed (in %CEL(...)% the first )% ends the operator)"),
    Faulty("request.path)", "one ) too many at position 12 of the expression"),
    Faulty("request.headers['a'", "the [ at position 15 of the expression is not closed"),
    Faulty("request.headers['a')", "unexpected ) at position 19 of the expression; the [ before it is still open"),
    Faulty("[1, 2", "the [ at position 0 of the expression is not closed"),
    Faulty("{'a': 1", "the { at position 0 of the expression is not closed"),
    Faulty("(1 + 2]", "unexpected ] at position 6 of the expression; the ( before it is still open"),
    Faulty("()", "a value is missing before ) at position 1 of the expression"),
    Faulty("(1, 2)", "unexpected , at position 2 of the expression; here is one value only"),
    Faulty("request.headers[]", "a value is missing before ] at position 16 of the expression"),
    Faulty("request.headers[0, 1]", "unexpected , at position 17 of the expression; here is one value only"),
    Faulty("[1 2]", "unexpected 2 at position 3 of the expression; an operator is missing before it, as ==, && or in"),
    Faulty("[1,,2]", "a value is missing before , at position 3 of the expression"),
    Faulty("[, 1]", "unexpected 1 at position 3 of the expression; an operator is missing before it, as ==, && or in"),
    Faulty("{'a'}", "a : is missing at position 4 of the expression after the key; a map is {'key': 'value'}"),
    Faulty("{'a':}", "a value is missing before } at position 5 of the expression"),
    Faulty(
      "{'a': 1 'b': 2}",
      "unexpected 'b' at position 8 of the expression; an operator is missing before it, as ==, && or in"),
    Faulty("size(, 'a')", "a value is missing before , at position 5 of the expression"),
    Faulty("size('a',)", "a value is missing before ) at position 9 of the expression"),
    Faulty(
      "request.path = '/a'",
      "the character = at position 13 of the expression means nothing there; write == to compare"),
    Faulty(
      "request.path === '/a'",
      "the character = at position 15 of the expression means nothing there; write == to compare"),
    Faulty(
      "request.path =~ 'a'",
      "the character = at position 13 of the expression means nothing there; write == to compare"),
    Faulty("true & false", #"the character & at position 5 of the expression means nothing there; write && for "and""#),
    Faulty("true | false", #"the character | at position 5 of the expression means nothing there; write || for "or""#),
    Faulty("true and false", #"unexpected and at position 5 of the expression; write && for "and""#),
    Faulty("true or false", #"unexpected or at position 5 of the expression; write || for "or""#),
    Faulty(
      "not true",
      "unknown name not at position 0 of the expression; known: connection, destination, filter_state, "
        + "metadata, request, response, source, upstream, upstream_filter_state, xds (a text stands between "
        + "quotes: 'not')"),
    Faulty("request.path <> '/a'", "a value is missing before > at position 14 of the expression"),
    Faulty("true && && false", "a value is missing before && at position 8 of the expression"),
    Faulty("|| true", "a value is missing before || at position 0 of the expression"),
    Faulty(
      "'a' not in request.headers",
      #"unexpected not at position 4 of the expression; write !(A in B), or != for "is not""#),
    Faulty(
      "'a' 'b'",
      "unexpected 'b' at position 4 of the expression; an operator is missing before it, as ==, && or in"),
    Faulty("request.path; true", "the character ; at position 12 of the expression means nothing there"),
    Faulty("true # comment", "the character # at position 5 of the expression means nothing there"),
    Faulty("$path", "the character $ at position 0 of the expression means nothing there"),
    Faulty("request@path", "the character @ at position 7 of the expression means nothing there"),
    Faulty("~1", "the character ~ at position 0 of the expression means nothing there"),
    Faulty("grö", "the character ö at position 2 of the expression means nothing there"),
    Faulty("`request`.path", "a value is missing before `request` at position 0 of the expression"),
    Faulty(
      "request.`a$`",
      "the name between ` and ` at position 8 of the expression is not closed, or has other characters "
        + "than letters, digits, _ . - / and space"),
    Faulty(
      "request.``",
      "the name between ` and ` at position 8 of the expression is not closed, or has other characters "
        + "than letters, digits, _ . - / and space"),
    Faulty("true ? 1", "a : is missing at position 8 of the expression; write CONDITION ? VALUE : OTHER_VALUE"),
    Faulty("true ? 1 :", "a value is missing at position 10 of the expression, where the expression ends"),
    Faulty("true ? : 1", "a value is missing before : at position 7 of the expression"),
    Faulty(
      "true : 1",
      "unexpected : at position 5 of the expression; it belongs to a ? before it, which has one already or is missing"),
    Faulty(
      "true ? false ? 1 : 2 : 3",
      "a : is missing at position 13 of the expression; write CONDITION ? VALUE : OTHER_VALUE"),
    Faulty(
      "!-response.code",
      "the - after a ! at position 1 of the expression is only for numbers; put parentheses around what it is for"),
    Faulty(
      "-!true",
      "the ! after a - at position 1 of the expression is not allowed; put parentheses around what it is for"),
    Faulty(
      "!-1u",
      "the - after a ! at position 1 of the expression is only for numbers; put parentheses around what it is for"),
    Faulty("+1", "a value is missing before + at position 0 of the expression"),
    Faulty("1 ** 2", "a value is missing before * at position 3 of the expression"),
    Faulty(
      "request.",
      "the name of a field is missing at position 8 of the expression after the dot; as in request.path"),
    Faulty(
      "request..path",
      "the name of a field is missing at position 8 of the expression after the dot; as in request.path"),
    Faulty(
      "request.1",
      "unexpected .1 at position 7 of the expression; an operator is missing before it, as ==, && or in"),
    Faulty(
      "request.'path'",
      "the name of a field is missing at position 8 of the expression after the dot; as in request.path"),
    Faulty("request.in", "the word in at position 8 of the expression is no name of a field; write ['in']"),
    Faulty("request.true", "the word true at position 8 of the expression is no name of a field; write ['true']"),
    Faulty("..request", "a value is missing before . at position 0 of the expression"),
    Faulty("if", "the word if at position 0 of the expression is reserved, and no name"),
    Faulty("for(1)", "the word for at position 0 of the expression is reserved, and no name"),
    Faulty("12abc", "12abc at position 0 of the expression is no number; put a text between quotes"),
    Faulty("1_000", "1_000 at position 0 of the expression is no number; put a text between quotes"),
    Faulty("0X1F", "0X1F at position 0 of the expression is no number; put a text between quotes"),
    Faulty("1.", "the name of a field is missing at position 2 of the expression after the dot; as in request.path"),
    Faulty(
      "9223372036854775808",
      "the number 9223372036854775808 at position 0 of the expression does not fit into 64 bits"),
    Faulty(
      "18446744073709551616u",
      "the number 18446744073709551616u at position 0 of the expression does not fit into 64 bits"),
    Faulty(
      "0xFFFFFFFFFFFFFFFF",
      "the number 0xFFFFFFFFFFFFFFFF at position 0 of the expression does not fit into 64 bits"),
    Faulty(
      "--9223372036854775808",
      "the number 9223372036854775808 at position 2 of the expression does not fit into 64 bits"),
    Faulty("request.?path", "the ? of a dot at position 8 of the expression is switched off in Envoy; leave it out"),
    Faulty(
      "request.headers[?'a']",
      "the ? of an index at position 16 of the expression is switched off in Envoy; leave it out"),
    Faulty("[?1]", "the ? of a list's element at position 1 of the expression is switched off in Envoy; leave it out"),
    Faulty(
      "request.{a}",
      "the name of a field is missing at position 8 of the expression after the dot; as in request.path"),
    Faulty(
      "request{}",
      "unexpected { at position 7 of the expression; after a name it begins a message, as "
        + "google.protobuf.Duration{seconds: 1}"),
    Faulty(
      "Duration{}",
      "unexpected { at position 8 of the expression; after a name it begins a message, as "
        + "google.protobuf.Duration{seconds: 1}"),
    Faulty(
      "foo.Bar{}",
      "unknown message foo.Bar at position 0 of the expression; there are those of google.protobuf, and Envoy's own"),
    Faulty("google.protobuf.Duration{'seconds': 1}", "the name of a field is missing at position 25 of the expression"),
    Faulty("google.protobuf.Duration{seconds}", "a : is missing at position 32 of the expression after the field"),
    Faulty(
      "string(response.code)",
      "string() at position 0 of the expression is switched off in Envoy; leave it out: every value is "
        + "printed as text, and compares with one of its own kind"),
    Faulty(
      "request.path.lowerAscii()",
      "lowerAscii() at position 13 of the expression is switched off in Envoy; of texts there are "
        + "contains, endsWith, matches, size, startsWith and re.extract"),
    Faulty(
      "request.path.split('/')",
      "split() at position 13 of the expression is switched off in Envoy; of texts there are contains, "
        + "endsWith, matches, size, startsWith and re.extract"),
    Faulty(
      "frobnicate(1)",
      "unknown function frobnicate() at position 0 of the expression; known: bool, bytes, double, "
        + "duration, dyn, int, re.capture, re.captureN, re.extract, timestamp, type, uint"),
    Faulty(
      "request.path.beginsWith('/a')",
      "unknown function beginsWith() at position 13 of the expression; did you mean startsWith?"),
    Faulty(
      "request.path.startswith('/a')",
      "unknown function startswith() at position 13 of the expression; did you mean startsWith?"),
    Faulty("length(request.path)", "unknown function length() at position 0 of the expression; did you mean size?"),
    Faulty("size()", "size() at position 0 of the expression is given 0 arguments; write VALUE.size()"),
    Faulty("size(1, 2)", "size() at position 0 of the expression is given 2 arguments; write VALUE.size()"),
    Faulty("request.path.size(1)", "size() at position 13 of the expression is given 1 argument; write VALUE.size()"),
    Faulty(
      "getSeconds(request.duration)",
      "getSeconds() at position 0 of the expression is given 1 argument; write VALUE.getSeconds(...)"),
    Faulty(
      "request.path.startsWith()",
      "startsWith() at position 13 of the expression is given 0 arguments; write VALUE.startsWith(...)"),
    Faulty(
      "startsWith('/a')",
      "startsWith() at position 0 of the expression is given 1 argument; write VALUE.startsWith(...)"),
    Faulty(
      "re.extract('a', 'b')",
      "re.extract() at position 3 of the expression is given 2 arguments; write re.extract(..., ..., ...)"),
    Faulty("re.match('a', 'b')", "unknown function re.match() at position 0 of the expression; did you mean matches?"),
    Faulty(
      "math.greatest(1, 2)",
      "unknown function math.greatest() at position 0 of the expression; known: contains, endsWith, "
        + "getDate, getDayOfMonth, getDayOfWeek, getDayOfYear, getFullYear, getHours, getMilliseconds, "
        + "getMinutes, getMonth, getSeconds, matches, size, startsWith"),
    Faulty(
      "sets.contains([1], [1])",
      "unknown name sets at position 0 of the expression; known: connection, destination, filter_state, "
        + "metadata, request, response, source, upstream, upstream_filter_state, xds (a text stands between "
        + "quotes: 'sets')"),
    Faulty(
      "base64.encode(b'a')",
      "unknown function base64.encode() at position 0 of the expression; known: contains, endsWith, "
        + "getDate, getDayOfMonth, getDayOfWeek, getDayOfYear, getFullYear, getHours, getMilliseconds, "
        + "getMinutes, getMonth, getSeconds, matches, size, startsWith"),
    Faulty("int()", "int() at position 0 of the expression is given 0 arguments; write int(...)"),
    Faulty(
      "request.headers.all(h, h == 'a')",
      "all() at position 16 of the expression loops over a list, which is switched off in Envoy; to look "
        + "for a value use in, as in 'x' in request.headers"),
    Faulty(
      "[1].exists(x, x > 0)",
      "exists() at position 4 of the expression loops over a list, which is switched off in Envoy; to "
        + "look for a value use in, as in 'x' in request.headers"),
    Faulty(
      "[1].map(x, x)",
      "map() at position 4 of the expression loops over a list, which is switched off in Envoy; to look "
        + "for a value use in, as in 'x' in request.headers"),
    Faulty(
      "[1].filter(x, true)",
      "filter() at position 4 of the expression loops over a list, which is switched off in Envoy; to "
        + "look for a value use in, as in 'x' in request.headers"),
    Faulty(
      "has(request)",
      "has() at position 0 of the expression takes a field after a dot, as in has(request.headers.host); "
        + "for another name write 'x-request-id' in request.headers"),
    Faulty(
      "has(request.headers['a'])",
      "has() at position 0 of the expression takes a field after a dot, as in has(request.headers.host); "
        + "for another name write 'x-request-id' in request.headers"),
    Faulty(
      "has()",
      "has() at position 0 of the expression takes a field after a dot, as in has(request.headers.host); "
        + "for another name write 'x-request-id' in request.headers"),
    Faulty(
      "has('a')",
      "has() at position 0 of the expression takes a field after a dot, as in has(request.headers.host); "
        + "for another name write 'x-request-id' in request.headers"),
    Faulty(
      "has(request.path, 1)",
      "has() at position 0 of the expression takes a field after a dot, as in has(request.headers.host); "
        + "for another name write 'x-request-id' in request.headers"),
    Faulty(
      "request.has(path)",
      "unknown function has() at position 8 of the expression; known: contains, endsWith, getDate, "
        + "getDayOfMonth, getDayOfWeek, getDayOfYear, getFullYear, getHours, getMilliseconds, getMinutes, "
        + "getMonth, getSeconds, matches, size, startsWith"),
    Faulty(
      "'a'.matches('(')",
      #"the regular expression at position 12 of the expression: "(": the ( at position 0 is not "#
        + #"closed; add a ), or write \( for the character itself"#),
    Faulty(
      "'a'.matches(')')",
      #"the regular expression at position 12 of the expression: ")": the ) at position 0 closes "#
        + #"nothing; remove it, or write \) for the character itself"#),
    Faulty(
      "'a'.matches('[a')",
      #"the regular expression at position 12 of the expression: "[a": the [ at position 0 is not "#
        + #"closed; add a ], or write \[ for the character itself"#),
    Faulty(
      "'a'.matches('*')",
      #"the regular expression at position 12 of the expression: "*": the * at position 0 has nothing "#
        + #"before it to repeat; write .* for any text, or \* for the character itself"#),
    Faulty(
      "'a'.matches('a**')",
      #"the regular expression at position 12 of the expression: "a**": the ** at position 1 repeats "#
        + "what is repeated already; keep one of the two, or put the first with what it repeats into (?: )"),
    Faulty(
      "'a'.matches('a{2,1}')",
      #"the regular expression at position 12 of the expression: "a{2,1}": the {2,1} at position 1 ends "#
        + "below its beginning; write the smaller number first"),
    Faulty(
      "'a'.matches('(?=a)')",
      #"the regular expression at position 12 of the expression: "(?=a)": the (?= at position 0 looks "#
        + "ahead, which RE2 cannot; write what is to match, or combine several with && and !"),
    Faulty(
      "'a'.matches('(?<!a)')",
      #"the regular expression at position 12 of the expression: "(?<!a)": the (?<! at position 0 looks "#
        + "behind, which RE2 cannot; write what is to match, or combine several with && and !"),
    Faulty(
      "'a'.matches('(?x)')",
      #"the regular expression at position 12 of the expression: "(?x)": the (?x at position 0 is "#
        + "nothing that RE2 has; it has (?: ), the switches i, m, s and U as (?i) or (?i: ), and names as "
        + "(?<name> )"),
    Faulty(
      #"'a'.matches('(a)\\1')"#,
      #"the regular expression at position 12 of the expression: "(a)\1": \1 at position 3 refers back "#
        + "to a group, which RE2 cannot; write out what is to come again"),
    Faulty(
      #"'a'.matches('\\')"#,
      #"the regular expression at position 12 of the expression: "\": the \ at position 0 escapes "#
        + #"nothing; write \\ for the character itself"#),
    Faulty(
      #"'a'.matches('\\q')"#,
      #"the regular expression at position 12 of the expression: "\q": \q at position 0 means nothing "#
        + "here; write q for the character itself"),
    Faulty(
      "'a'.matches('[z-a]')",
      #"the regular expression at position 12 of the expression: "[z-a]": the range z-a at position 1 "#
        + #"ends before it begins; exchange its two ends, or write \- for the character itself"#),
    Faulty(
      "'a'.matches('[[:nope:]]')",
      #"the regular expression at position 12 of the expression: "[[:nope:]]": [:nope:] at position 1 "#
        + "is no class; known: alnum, alpha, ascii, blank, cntrl, digit, graph, lower, print, punct, "
        + "space, upper, word, xdigit"),
    Faulty(
      #"'a'.matches('\\p')"#,
      #"the regular expression at position 12 of the expression: "\p": \p at position 0 is a class of "#
        + "Unicode, and too large for Envoy here; write a part of it, as [a-zA-Z]"),
    Faulty(
      #"'a'.matches('\\x1')"#,
      #"the regular expression at position 12 of the expression: "\x1": \x1 at position 0 is no number; "#
        + #"write two hexadecimal digits, as \x41 or \x{41}"#),
    Faulty(
      "'a'.matches('(?P<>a)')",
      #"the regular expression at position 12 of the expression: "(?P<>a)": the name "" of the group at "#
        + "position 0 is none; use letters, digits and _, or leave it out: ( )"),
    Faulty(
      "matches('a', '(')",
      #"the regular expression at position 13 of the expression: "(": the ( at position 0 is not "#
        + #"closed; add a ), or write \( for the character itself"#),
    Faulty(
      "'a'.matches('[a-z]{1,101}')",
      #"the regular expression at position 12 of the expression: "[a-z]{1,101}" comes to a program of "#
        + "up to 305 instructions, more than the 100 that Envoy may take; repeat less ({ } multiplies what "
        + "is before it), or use startsWith or contains"),
    Faulty(
      "'a'.matches('(a{10}b){10}')",
      #"the regular expression at position 12 of the expression: "(a{10}b){10}" comes to a program of "#
        + "up to 134 instructions, more than the 100 that Envoy may take; repeat less ({ } multiplies what "
        + "is before it), or use startsWith or contains"),
    Faulty(
      "'a'.matches('a{1000}+')",
      #"the regular expression at position 12 of the expression: "a{1000}+": the {1000}+ at position 1 "#
        + "repeats what is repeated already; keep one of the two, or put the first with what it repeats "
        + "into (?: )"),
    Faulty(
      "'a'.matches('\(String(repeating: "abc", count: 40))')",
      "the regular expression at position 12 of the expression: "
        + #""abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcab..." comes to "#
        + "a program of up to 124 instructions, more than the 100 that Envoy may take; repeat less ({ } "
        + "multiplies what is before it), or use startsWith or contains"),
    Faulty(
      #"'a'.matches('\\p{Nothing}')"#,
      #"the regular expression at position 12 of the expression: "\p{Nothing}": \p{Nothing} at position "#
        + "0 is a class of Unicode, and too large for Envoy here; write a part of it, as [a-zA-Z]"),
    Faulty(
      #"'a'.matches('\\pL')"#,
      #"the regular expression at position 12 of the expression: "\pL": \pL at position 0 is a class of "#
        + "Unicode, and too large for Envoy here; write a part of it, as [a-zA-Z]"),
    Faulty(
      "'a'.matches('[a-z]{1,60}')",
      #"the regular expression at position 12 of the expression: "[a-z]{1,60}" comes to a program of up "#
        + "to 182 instructions, more than the 100 that Envoy may take; repeat less ({ } multiplies what is "
        + "before it), or use startsWith or contains"),
    Faulty(
      "'a'.matches('^[^/]{80}')",
      #"the regular expression at position 12 of the expression: "^[^/]{80}" comes to a program of up "#
        + "to 645 instructions, more than the 100 that Envoy may take; repeat less ({ } multiplies what is "
        + "before it), or use startsWith or contains"),
    Faulty(
      nested(33, "(", "1", ")"),
      "the expression is nested more than 32 deep at position 33 of the expression; take it apart"),
    Faulty(
      nested(32, "[", "1", "]"),
      "the expression is nested more than 32 deep at position 0 of the expression; take it apart"),
    Faulty(
      nested(17, "([", "1", "])"),
      "the expression is nested more than 32 deep at position 33 of the expression; take it apart"),
    Faulty(
      chain(32, "1", " + 1"),
      "the expression is nested more than 32 deep at position 0 of the expression; take it apart"),
    Faulty(
      nested(32, "true ? 1 : ", "2", ""),
      "the expression is nested more than 32 deep at position 0 of the expression; take it apart"),
    Faulty(
      chain(31, "metadata", ".a", "filter_metadata"),
      "the expression is nested more than 32 deep at position 85 of the expression; take it apart"),
    Faulty(
      "reqest.path",
      "unknown name reqest at position 0 of the expression; did you mean request?", stricterThanEnvoy: true),
    Faulty(
      "requests.path == '/a'",
      "unknown name requests at position 0 of the expression; did you mean request?", stricterThanEnvoy: true),
    Faulty(
      "foo",
      "unknown name foo at position 0 of the expression; known: connection, destination, filter_state, "
        + "metadata, request, response, source, upstream, upstream_filter_state, xds (a text stands between "
        + "quotes: 'foo')", stricterThanEnvoy: true),
    Faulty(
      "foo.bar",
      "unknown name foo at position 0 of the expression; known: connection, destination, filter_state, "
        + "metadata, request, response, source, upstream, upstream_filter_state, xds (a text stands between "
        + "quotes: 'foo')", stricterThanEnvoy: true),
    Faulty("True", "unknown name True at position 0 of the expression; did you mean true?", stricterThanEnvoy: true),
    Faulty(
      "nil",
      "unknown name nil at position 0 of the expression; known: connection, destination, filter_state, "
        + "metadata, request, response, source, upstream, upstream_filter_state, xds (a text stands between "
        + "quotes: 'nil')", stricterThanEnvoy: true),
    Faulty(
      "status == 200",
      "unknown name status at position 0 of the expression; known: connection, destination, "
        + "filter_state, metadata, request, response, source, upstream, upstream_filter_state, xds (a text "
        + "stands between quotes: 'status')", stricterThanEnvoy: true),
    Faulty(
      "path",
      "unknown name path at position 0 of the expression; did you mean request.path?", stricterThanEnvoy: true),
    Faulty(
      "route_name",
      "unknown name route_name at position 0 of the expression; did you mean xds.route_name?", stricterThanEnvoy: true),
    Faulty(
      "node.id",
      "unknown name node at position 0 of the expression; did you mean xds.node?", stricterThanEnvoy: true),
    Faulty(
      "plugin_name",
      "unknown name plugin_name at position 0 of the expression; known: connection, destination, "
        + "filter_state, metadata, request, response, source, upstream, upstream_filter_state, xds (a text "
        + "stands between quotes: 'plugin_name')", stricterThanEnvoy: true),
    Faulty(
      "response_code >= 400",
      "unknown name response_code at position 0 of the expression; known: connection, destination, "
        + "filter_state, metadata, request, response, source, upstream, upstream_filter_state, xds (a text "
        + "stands between quotes: 'response_code')", stricterThanEnvoy: true),
    Faulty(
      "request.pth",
      "unknown attribute request.pth at position 8 of the expression; did you mean request.path?",
      stricterThanEnvoy: true),
    Faulty(
      "request.user_agent",
      "unknown attribute request.user_agent at position 8 of the expression; did you mean "
        + "request.useragent?", stricterThanEnvoy: true),
    Faulty(
      "request.body",
      "unknown attribute request.body at position 8 of the expression; request has duration, headers, "
        + "headers_bytes, host, id, method, path, protocol, query, referer, scheme, size, time, total_size, "
        + "url_path, useragent", stricterThanEnvoy: true),
    Faulty(
      "request.header['a']",
      "unknown attribute request.header at position 8 of the expression; did you mean request.headers?",
      stricterThanEnvoy: true),
    Faulty(
      "request['pth']",
      "unknown attribute request.pth at position 8 of the expression; did you mean request.path?",
      stricterThanEnvoy: true),
    Faulty(
      "response.status",
      "unknown attribute response.status at position 9 of the expression; response has backend_latency, "
        + "code, code_details, flags, grpc_status, headers, headers_bytes, size, total_size, trailers",
      stricterThanEnvoy: true),
    Faulty(
      "response.code_detail",
      "unknown attribute response.code_detail at position 9 of the expression; did you mean "
        + "response.code_details?", stricterThanEnvoy: true),
    Faulty(
      "connection.cipher",
      "unknown attribute connection.cipher at position 11 of the expression; connection has "
        + "dns_san_local_certificate, dns_san_peer_certificate, id, mtls, peer_certificate, "
        + "requested_server_name, sha256_peer_certificate_digest, subject_local_certificate, "
        + "subject_peer_certificate, termination_details, tls_version, transport_failure_reason, "
        + "uri_san_local_certificate, uri_san_peer_certificate", stricterThanEnvoy: true),
    Faulty(
      "source.ip",
      "unknown attribute source.ip at position 7 of the expression; source has address, port", stricterThanEnvoy: true),
    Faulty(
      "destination.adress",
      "unknown attribute destination.adress at position 12 of the expression; did you mean "
        + "destination.address?", stricterThanEnvoy: true),
    Faulty(
      "upstream.host",
      "unknown attribute upstream.host at position 9 of the expression; upstream has address, "
        + "cx_pool_ready_duration, dns_san_local_certificate, dns_san_peer_certificate, local_address, "
        + "locality, num_endpoints, peer_certificate, port, request_attempt_count, "
        + "sha256_peer_certificate_digest, subject_local_certificate, subject_peer_certificate, tls_version, "
        + "transport_failure_reason, uri_san_local_certificate, uri_san_peer_certificate", stricterThanEnvoy: true),
    Faulty(
      "metadata.filter_metdata",
      "unknown attribute metadata.filter_metdata at position 9 of the expression; did you mean "
        + "metadata.filter_metadata?", stricterThanEnvoy: true),
    Faulty(
      "xds.listener_name",
      "unknown attribute xds.listener_name at position 4 of the expression; did you mean "
        + "xds.cluster_name?", stricterThanEnvoy: true),
    Faulty(
      "xds.type.v3.CelExpression{}",
      "unknown attribute xds.type at position 4 of the expression; xds has cluster_metadata, "
        + "cluster_name, filter_chain_name, listener_direction, listener_metadata, node, route_metadata, "
        + "route_name, upstream_host_locality_metadata, upstream_host_metadata, virtual_host_metadata, "
        + "virtual_host_name", stricterThanEnvoy: true),
    Faulty(
      "has(request.pth)",
      "unknown attribute request.pth at position 12 of the expression; did you mean request.path?",
      stricterThanEnvoy: true),
    Faulty(
      "request.path + '?'",
      "the + at position 13 of the expression would join texts or lists, which is switched off in Envoy; "
        + "in a format write one operator after another, as %CEL(source.address)%/%CEL(request.path)%",
      stricterThanEnvoy: true),
    Faulty(
      "'a' + 'b'",
      "the + at position 4 of the expression would join texts or lists, which is switched off in Envoy; "
        + "in a format write one operator after another, as %CEL(source.address)%/%CEL(request.path)%",
      stricterThanEnvoy: true),
    Faulty(
      "[1] + [2]",
      "the + at position 4 of the expression would join texts or lists, which is switched off in Envoy; "
        + "in a format write one operator after another, as %CEL(source.address)%/%CEL(request.path)%",
      stricterThanEnvoy: true),
    Faulty(
      "b'a' + b'b'",
      "the + at position 5 of the expression would join texts or lists, which is switched off in Envoy; "
        + "in a format write one operator after another, as %CEL(source.address)%/%CEL(request.path)%",
      stricterThanEnvoy: true),
    Faulty(
      "request.headers.x-request-id",
      "the - at position 17 of the expression is a minus; write a header's name with a dash as "
        + "request.headers['x-...']", stricterThanEnvoy: true),
    Faulty(
      "request.headers.x - 1",
      "the - at position 18 of the expression is a minus; write a header's name with a dash as "
        + "request.headers['x-...']", stricterThanEnvoy: true),
    Faulty(
      "request.headers[x-request-id]",
      "unknown name x at position 16 of the expression; known: connection, destination, filter_state, "
        + "metadata, request, response, source, upstream, upstream_filter_state, xds (a text stands between "
        + "quotes: 'x')", stricterThanEnvoy: true),
    Faulty("int.x", "int at position 0 of the expression is a type, and has no fields", stricterThanEnvoy: true),
    Faulty(
      "size",
      "unknown name size at position 0 of the expression; known: connection, destination, filter_state, "
        + "metadata, request, response, source, upstream, upstream_filter_state, xds (a text stands between "
        + "quotes: 'size')", stricterThanEnvoy: true),
    Faulty(
      "(true && reqest.path == '')",
      "unknown name reqest at position 9 of the expression; did you mean request?", stricterThanEnvoy: true),
  ]
}
