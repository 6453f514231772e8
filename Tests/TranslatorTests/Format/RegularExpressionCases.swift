/// Regular expressions with what is to be said of them.
enum RegularExpressionCases {
  static let good: [String] = [
    "a", "abc", "^abc$", "", "^", "$", "a|b", "a||b", "|", "()", "(?:)", "(a)(b)", "((((a))))", "(a|b|c)+",
    // Repetitions.
    "a*", "a+", "a?", "a*?", "a+?", "a??", "a{2}", "a{2}?", "a{2,}", "a{2,3}", "a{0}", "a{0,1}", "a{10}{", "^*", "$+",
    "\\b*", "(a*)*", "(?:a{2}){3}", "a*(?i)*", "a*(?i)b*", "a{900}|b", "(?:a{10}){30}",
    // Braces that stand for themselves.
    "a{,3}", "a{", "{", "{}", "a{}", "a{x}", "a{1,x}", "a{1", "a{1,", "a{01}", "a{1,02}", "a{1 }", "{2x",
    "a{1000000000}",
    // Classes.
    "[a]", "[a-z]", "[^a-z]", "[]a]", "[^]a]", "[a-]", "[-a]", "[a-b-c]", "[\\d-z]", "[--a]", "[+--]", "[[]", "[[a]",
    "[a[b]", "[[:alpha:]]", "[[:^alpha:]]", "[^[:space:]x]", "[[:word:]-]", "[[:a]", "[:alpha:]", "[\\]]", "[\\-]",
    "[\\d\\W]", "[\\pL]", "[^\\PL]", "[\\p{Lu}a]", "[\\x41-\\x{5a}]", "[\\n\\t]", "[.]", "[*]", "[(]", "[^\\x00-\\xff]",
    "[$]", "[a^]", "]", "a]",
    // Escapes.
    "\\.", "\\\\", "\\/", "\\-", "\\ ", "\\\"", "\\{", "\\a\\f\\n\\r\\t\\v", "\\x41", "\\x{41}", "\\x{0041}", "\\xff",
    "\\0", "\\07", "\\012", "\\101", "\\377", "\\12", "\\d\\D\\s\\S\\w\\W", "\\b", "\\B", "\\A", "\\z", "\\C",
    "\\pL", "\\PL", "\\p{Lu}", "\\p{^Lu}", "\\p{Any}", "\\p{Latin}", "\\p{Common}", "\\pN", "\\p{Zs}",
    "\\Qa*b\\E", "\\Q[", "\\Q\\E", "a\\Q\\E*", "\\Qa\\E+", "\\Q\\", "\\Q\\\\E",
    // Groups and switches.
    "(?P<n>a)", "(?<n>a)", "(?<n>a)(?<m>b)", "(?<n>a)(?<n>b)", "\\_", "(?<1_a>a)", "(?i)", "(?i)a", "(?i:a)",
    "(?i-s:a)", "(?-i)a", "(?ims-U)a",
    "(?)a", "(?s).", "(?m)^a$", "(?U)a+", "(?i)abc|(?-i:d)", "(?ii)a", "(a(?i)b)c",
    // Beyond ASCII.
    "é", "(?:é)*", "éa*", "日本", "(?i)é", "\\Qé\\E", "😀",
    // As people write them.
    "^/api/v[0-9]+/.*$", "(?i)(curl|wget|python-requests)/.*", "[^@]+@example\\.com", "^(GET|HEAD)$",
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "(\\d{1,3}\\.){3}\\d{1,3}", "Bearer [\\w.~+/-]+=*",
    ".{30}", "a{98}", "(a|b|c|d){40}", "\\pL{20}",
  ]

  struct Bad: Sendable {
    let text: String
    /// What stands after the quoted expression.
    let message: String

    init(_ text: String, _ message: String) {
      self.text = text
      self.message = message
    }
  }

  static let bad: [Bad] = [
    Bad(
      "a**",
      ": the ** at position 1 repeats what is repeated already; keep one of the two, or put the "
        + "first with what it repeats into (?: )"),
    Bad(
      "a+*",
      ": the +* at position 1 repeats what is repeated already; keep one of the two, or put the "
        + "first with what it repeats into (?: )"),
    Bad(
      "a*+",
      ": the *+ at position 1 repeats what is repeated already; keep one of the two, or put the "
        + "first with what it repeats into (?: )"),
    Bad(
      "a++",
      ": the ++ at position 1 repeats what is repeated already; keep one of the two, or put the "
        + "first with what it repeats into (?: )"),
    Bad(
      "a??*",
      ": the ??* at position 1 repeats what is repeated already; keep one of the two, or put the "
        + "first with what it repeats into (?: )"),
    Bad(
      "a{2}{3}",
      ": the {2}{3} at position 1 repeats what is repeated already; keep one of the two, or put "
        + "the first with what it repeats into (?: )"),
    Bad(
      "a*{2}",
      ": the *{2} at position 1 repeats what is repeated already; keep one of the two, or put the "
        + "first with what it repeats into (?: )"),
    Bad(
      "a{2}*",
      ": the {2}* at position 1 repeats what is repeated already; keep one of the two, or put the "
        + "first with what it repeats into (?: )"),
    Bad(
      "a{2}?{3}",
      ": the {2}?{3} at position 1 repeats what is repeated already; keep one of the two, or put "
        + "the first with what it repeats into (?: )"),
    Bad(
      "*a",
      ": the * at position 0 has nothing before it to repeat; write .* for any text, or \\* for the "
        + "character itself"),
    Bad(
      "+",
      ": the + at position 0 has nothing before it to repeat; write .+ for any text, or \\+ for the "
        + "character itself"),
    Bad(
      "?",
      ": the ? at position 0 has nothing before it to repeat; write .? for any text, or \\? for the "
        + "character itself"),
    Bad(
      "a|*",
      ": the * at position 2 has nothing before it to repeat; write .* for any text, or \\* for the "
        + "character itself"),
    Bad(
      "(*)",
      ": the * at position 1 has nothing before it to repeat; write .* for any text, or \\* for the "
        + "character itself"),
    Bad(
      "(|+)",
      ": the + at position 2 has nothing before it to repeat; write .+ for any text, or \\+ for the "
        + "character itself"),
    Bad(
      "(?i)*",
      ": the * at position 4 has nothing before it to repeat; write .* for any text, or \\* for the "
        + "character itself"),
    Bad(
      "{2}",
      ": the {2} at position 0 has nothing before it to repeat; write .{2} for any text, or \\{2} "
        + "for the character itself"),
    Bad(
      "(?:){2}|{3}",
      ": the {3} at position 8 has nothing before it to repeat; write .{3} for any text, or \\{3} "
        + "for the character itself"),
    Bad("a{3,1}", ": the {3,1} at position 1 ends below its beginning; write the smaller number first"),
    Bad("a{1001}", ": the {1001} at position 1 is more than RE2's limit of 1000; repeat less"),
    Bad("a{1001,}", ": the {1001,} at position 1 is more than RE2's limit of 1000; repeat less"),
    Bad("a{1,1001}", ": the {1,1001} at position 1 is more than RE2's limit of 1000; repeat less"),
    Bad("a{100000000}", ": the {100000000} at position 1 is more than RE2's limit of 1000; repeat less"),
    Bad(
      "(a{100}){11}",
      ": the {11} at position 8 repeats what is repeated in it, 1100 times in all; RE2's limit is "
        + "1000, repeat less"),
    Bad(
      "((a{10}){10}){11}",
      ": the {11} at position 13 repeats what is repeated in it, 1100 times in all; RE2's limit is "
        + "1000, repeat less"),
    Bad(
      "(a{2,}){501}",
      ": the {501} at position 7 repeats what is repeated in it, 1002 times in all; RE2's limit is "
        + "1000, repeat less"),
    Bad(
      "[z-a]",
      ": the range z-a at position 1 ends before it begins; exchange its two ends, or write \\- for "
        + "the character itself"),
    Bad(
      "[a-Z]",
      ": the range a-Z at position 1 ends before it begins; exchange its two ends, or write \\- for "
        + "the character itself"),
    Bad(
      "[\\x41-\\x40]",
      ": the range \\x41-\\x40 at position 1 ends before it begins; exchange its two ends, or write "
        + "\\- for the character itself"),
    Bad(
      "[[:foo:]]",
      ": [:foo:] at position 1 is no class; known: alnum, alpha, ascii, blank, cntrl, digit, "
        + "graph, lower, print, punct, space, upper, word, xdigit"),
    Bad(
      "[[:alpa:]]",
      ": [:alpa:] at position 1 is no class; did you mean [:alpha:]? known: alnum, alpha, ascii, "
        + "blank, cntrl, digit, graph, lower, print, punct, space, upper, word, xdigit"),
    Bad(
      "[[:Digit:]]",
      ": [:Digit:] at position 1 is no class; did you mean [:digit:]? known: alnum, alpha, ascii, "
        + "blank, cntrl, digit, graph, lower, print, punct, space, upper, word, xdigit"),
    Bad(
      "[[:a]x:]",
      ": [:a]x:] at position 1 is no class; known: alnum, alpha, ascii, blank, cntrl, digit, "
        + "graph, lower, print, punct, space, upper, word, xdigit"),
    Bad("[a-\\d]", ": \\d at position 3 is a class and cannot end a range; write \\- before it"),
    Bad("[a-\\pL]", ": \\p at position 3 is a class and cannot end a range; write \\- before it"),
    Bad("[a", ": the [ at position 0 is not closed; add a ], or write \\[ for the character itself"),
    Bad("[", ": the [ at position 0 is not closed; add a ], or write \\[ for the character itself"),
    Bad("[]", ": the [ at position 0 is not closed; add a ], or write \\[ for the character itself"),
    Bad("[^]", ": the [ at position 0 is not closed; add a ], or write \\[ for the character itself"),
    Bad("[a-", ": the [ at position 0 is not closed; add a ], or write \\[ for the character itself"),
    Bad("[\\", ": the \\ at position 1 escapes nothing; write \\\\ for the character itself"),
    Bad("[a\\]", ": the [ at position 0 is not closed; add a ], or write \\[ for the character itself"),
    Bad("[\\pL", ": the [ at position 0 is not closed; add a ], or write \\[ for the character itself"),
    Bad("[\\b]", ": \\b at position 1 means nothing here; write b for the character itself"),
    Bad("[\\Q]", ": \\Q at position 1 means nothing here; write Q for the character itself"),
    Bad("\\", ": the \\ at position 0 escapes nothing; write \\\\ for the character itself"),
    Bad("a\\", ": the \\ at position 1 escapes nothing; write \\\\ for the character itself"),
    Bad("\\q", ": \\q at position 0 means nothing here; write q for the character itself"),
    Bad("\\Z", ": \\Z at position 0 means nothing here; write \\z for the end"),
    Bad("\\y", ": \\y at position 0 means nothing here; write y for the character itself"),
    Bad("[\\y]", ": \\y at position 1 means nothing here; write y for the character itself"),
    Bad("\\8", ": \\8 at position 0 refers back to a group, which RE2 cannot; write out what is to come again"),
    Bad("\\1", ": \\1 at position 0 refers back to a group, which RE2 cannot; write out what is to come again"),
    Bad("(a)\\1", ": \\1 at position 3 refers back to a group, which RE2 cannot; write out what is to come again"),
    Bad("\\9a", ": \\9 at position 0 refers back to a group, which RE2 cannot; write out what is to come again"),
    Bad("[\\1]", ": \\1 at position 1 refers back to a group, which RE2 cannot; write out what is to come again"),
    Bad("\\400", ": \\400 at position 0 is more than a byte, and Envoy matches bytes; write the character itself"),
    Bad("\\777", ": \\777 at position 0 is more than a byte, and Envoy matches bytes; write the character itself"),
    Bad("\\x", ": \\x at position 0 is no number; write two hexadecimal digits, as \\x41 or \\x{41}"),
    Bad("\\xg", ": \\x at position 0 is no number; write two hexadecimal digits, as \\x41 or \\x{41}"),
    Bad("\\x4", ": \\x4 at position 0 is no number; write two hexadecimal digits, as \\x41 or \\x{41}"),
    Bad("\\x{}", ": \\x{ at position 0 is no number; write two hexadecimal digits, as \\x41 or \\x{41}"),
    Bad("\\x{41", ": \\x{41 at position 0 is no number; write two hexadecimal digits, as \\x41 or \\x{41}"),
    Bad("\\x{4g}", ": \\x{4 at position 0 is no number; write two hexadecimal digits, as \\x41 or \\x{41}"),
    Bad(
      "\\x{100}",
      ": \\x{100} at position 0 is more than a byte, and Envoy matches bytes; write the character "
        + "itself"),
    Bad(
      "\\x{110000}",
      ": \\x{110000} at position 0 is more than a byte, and Envoy matches bytes; write the "
        + "character itself"),
    Bad(
      "\\p",
      ": \\p at position 0 is no category of Latin-1, whose characters Envoy's bytes are; use one "
        + "as \\pL, \\p{Lu} or \\p{Latin}"),
    Bad(
      "\\pX",
      ": \\pX at position 0 is no category of Latin-1, whose characters Envoy's bytes are; use one "
        + "as \\pL, \\p{Lu} or \\p{Latin}"),
    Bad("\\p{", ": the \\p{ at position 0 is not closed; add a }"),
    Bad("\\p{Lu", ": the \\p{ at position 0 is not closed; add a }"),
    Bad(
      "\\p{Foo}",
      ": \\p{Foo} at position 0 is no category of Latin-1, whose characters Envoy's bytes are; use "
        + "one as \\pL, \\p{Lu} or \\p{Latin}"),
    Bad(
      "[\\p{Foo}]",
      ": \\p{Foo} at position 1 is no category of Latin-1, whose characters Envoy's bytes are; use "
        + "one as \\pL, \\p{Lu} or \\p{Latin}"),
    Bad(
      "\\p{lu}",
      ": \\p{lu} at position 0 is no category of Latin-1, whose characters Envoy's bytes are; use "
        + "one as \\pL, \\p{Lu} or \\p{Latin}"),
    Bad("\\é", ": \\é at position 0 means nothing here; write é for the character itself"),
    Bad("(", ": the ( at position 0 is not closed; add a ), or write \\( for the character itself"),
    Bad("(a", ": the ( at position 0 is not closed; add a ), or write \\( for the character itself"),
    Bad("a(b(c)", ": the ( at position 1 is not closed; add a ), or write \\( for the character itself"),
    Bad("(?:a", ": the ( at position 0 is not closed; add a ), or write \\( for the character itself"),
    Bad("(?<n>a", ": the ( at position 0 is not closed; add a ), or write \\( for the character itself"),
    Bad(")", ": the ) at position 0 closes nothing; remove it, or write \\) for the character itself"),
    Bad("a)", ": the ) at position 1 closes nothing; remove it, or write \\) for the character itself"),
    Bad("(a))", ": the ) at position 3 closes nothing; remove it, or write \\) for the character itself"),
    Bad(
      "(?",
      ": the (? at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U as "
        + "(?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "(?i",
      ": the (?i at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "(?z)a",
      ": the (?z at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "(?i-)a",
      ": the (?i-) at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "(?-)a",
      ": the (?-) at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "(?--i)a",
      ": the (?-- at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "(?i-:a)",
      ": the (?i-: at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "(?#comment)",
      ": the (?# at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "(?>a)",
      ": the (?> at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "(?|a)",
      ": the (?| at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "(?'n'a)",
      ": the (?' at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "(?=a)",
      ": the (?= at position 0 looks ahead, which RE2 cannot; write what is to match, or use a celFilter"),
    Bad(
      "(?=",
      ": the (?= at position 0 looks ahead, which RE2 cannot; write what is to match, or use a celFilter"),
    Bad(
      "(?!a)",
      ": the (?! at position 0 looks ahead, which RE2 cannot; write what is to match, or use a celFilter"),
    Bad(
      "(?!debug).*",
      ": the (?! at position 0 looks ahead, which RE2 cannot; write what is to match, or use a celFilter"),
    Bad(
      "(?<=a)b",
      ": the (?<= at position 0 looks behind, which RE2 cannot; write what is to match, or use a celFilter"),
    Bad(
      "(?<!a)b",
      ": the (?<! at position 0 looks behind, which RE2 cannot; write what is to match, or use a celFilter"),
    Bad(
      "(?P",
      ": the (?P at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad("(?P<n", ": the (?P< at position 0 has no > after the group's name; add it"),
    Bad(
      "(?P<>a)",
      ": the name \"\" of the group at position 0 is none; use letters, digits and _, or leave it "
        + "out: ( )"),
    Bad(
      "(?P<n m>a)",
      ": the name \"n m\" of the group at position 0 is none; use letters, digits and _, or leave it "
        + "out: ( )"),
    Bad("(?<n", ": the (?< at position 0 has no > after the group's name; add it"),
    Bad(
      "(?<n-m>a)",
      ": the name \"n-m\" of the group at position 0 is none; use letters, digits and _, or leave it "
        + "out: ( )"),
    Bad(
      "(?P=n)",
      ": the (?P at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "(?P>n)",
      ": the (?P at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "(?(1)a)",
      ": the (?( at position 0 is nothing that RE2 has; it has (?: ), the switches i, m, s and U "
        + "as (?i) or (?i: ), and names as (?<name> )"),
    Bad(
      "\\Qa\\E**",
      ": the ** at position 5 repeats what is repeated already; keep one of the two, or put the "
        + "first with what it repeats into (?: )"),
    Bad("é**", ": the * at position 1 repeats the last byte of é only, since Envoy matches bytes; write (?:é)*"),
    Bad(
      "a{999}",
      " comes to a program of up to 1003 instructions, more than the 1000 that Envoy may take; "
        + "repeat less ({ } multiplies what is before it), or use a celFilter with startsWith or "
        + "contains"),
    Bad(
      "(?:a{100}){10}",
      " comes to a program of up to 1004 instructions, more than the 1000 that Envoy may take; "
        + "repeat less ({ } multiplies what is before it), or use a celFilter with startsWith or "
        + "contains"),
    Bad(
      "(\\w{50}){20}",
      " comes to a program of up to 4044 instructions, more than the 1000 that Envoy may take; "
        + "repeat less ({ } multiplies what is before it), or use a celFilter with startsWith or "
        + "contains"),
    Bad(
      "\\pL{300}",
      " comes to a program of up to 5104 instructions, more than the 1000 that Envoy may take; "
        + "repeat less ({ } multiplies what is before it), or use a celFilter with startsWith or "
        + "contains"),
    Bad(
      "(?<é>a)",
      ": the name \"é\" of the group at position 0 is none; use letters, digits and _, or leave it "
        + "out: ( )"),
  ]

  /// What Envoy accepts, and is refused here.
  static let stricter: [Bad] = [
    Bad("é*", ": the * at position 1 repeats the last byte of é only, since Envoy matches bytes; write (?:é)*"),
    Bad("日{2}", ": the {2} at position 1 repeats the last byte of 日 only, since Envoy matches bytes; write (?:日){2}"),
    Bad(
      "\\Qaé\\E+",
      ": the + at position 6 repeats the last byte of é only, since Envoy matches bytes; write "
        + "(?:é)+"),
    Bad(
      "[é]",
      ": the é at position 1 in [ ] stands for its single bytes, since Envoy matches bytes; write "
        + "the alternatives out, as (?:a|é)"),
    Bad(
      "[^é]",
      ": the é at position 2 in [ ] stands for its single bytes, since Envoy matches bytes; write "
        + "the alternatives out, as (?:a|é)"),
    Bad(
      "[a-é]",
      ": the é at position 3 in [ ] stands for its single bytes, since Envoy matches bytes; write "
        + "the alternatives out, as (?:a|é)"),
    Bad(
      "[éa-z]",
      ": the é at position 1 in [ ] stands for its single bytes, since Envoy matches bytes; write "
        + "the alternatives out, as (?:a|é)"),
    Bad(
      "\\p{Greek}",
      ": \\p{Greek} at position 0 is no category of Latin-1, whose characters Envoy's bytes are; "
        + "use one as \\pL, \\p{Lu} or \\p{Latin}"),
    Bad(
      "[\\p{Han}]",
      ": \\p{Han} at position 1 is no category of Latin-1, whose characters Envoy's bytes are; use "
        + "one as \\pL, \\p{Lu} or \\p{Latin}"),
    Bad(
      "\\pL{100}",
      " comes to a program of up to 1704 instructions, more than the 1000 that Envoy may take; "
        + "repeat less ({ } multiplies what is before it), or use a celFilter with startsWith or "
        + "contains"),
    Bad(
      "^{1000}",
      " comes to a program of up to 1004 instructions, more than the 1000 that Envoy may take; "
        + "repeat less ({ } multiplies what is before it), or use a celFilter with startsWith or "
        + "contains"),
  ]
}
