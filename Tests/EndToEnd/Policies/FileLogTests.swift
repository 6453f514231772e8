import RealComponents
import Testing

extension EndToEnd {
  @Suite("file logs of policies on the real Envoy")
  struct FileLogs {
    @Test("a log in text has a line for each request, whether its format ends with a line break or not")
    func text() async throws {
      try await PolicyBed.run([
        "without": """
        accessLog:
        - fileSink:
            path: ${folder}/without.log
            stringFormat: "%REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% %%"
        """,
        "with": """
        accessLog:
        - fileSink:
            path: ${folder}/with.log
            stringFormat: "%REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% %%\\n"
        """,
      ]) { bed in
        for name in ["without", "with"] {
          try await bed.send(name, "/first")
          try await bed.send(name, "/status/404", method: "DELETE")
          let lines = try await bed.lines(of: "\(name).log") { $0.hasPrefix("DELETE") }
          #expect(lines == ["GET /first 200 %", "DELETE /status/404 404 %"])
        }
      }
    }

    @Test("a log in JSON keeps its objects, lists, numbers and booleans, and an operator alone keeps its type")
    func json() async throws {
      try await PolicyBed.run([
        "json": """
        accessLog:
        - fileSink:
            path: ${folder}/json.log
            jsonFormat:
              absent: "%REQ(X-ABSENT)%"
              code: "%RESPONSE_CODE%"
              edge: true
              list: ["%REQ(:PATH)%", 1, false, {inner: "%PROTOCOL%"}, [null]]
              nested:
                deeper: {text: "code %RESPONSE_CODE%"}
              ratio: 0.5
              version: 2
        """
      ]) { bed in
        try await bed.send("json", "/json")
        let lines = try await bed.lines(of: "json.log") { !$0.isEmpty }
        #expect(
          lines == [
            #"{"absent":null,"code":200,"edge":true,"list":["/json",1,false,{"inner":"HTTP/1.1"},[null]],"#
              + #""nested":{"deeper":{"text":"code 200"}},"ratio":0.5,"version":2}"#
          ])
      }
    }

    @Test("/dev/stdout and /dev/stderr are the outputs of the proxy, and every entry of a policy is written")
    func outputs() async throws {
      try await PolicyBed.run([
        "outputs": """
        accessLog:
        - fileSink:
            path: /dev/stdout
            stringFormat: "out %REQ(:PATH)%"
        - fileSink:
            path: /dev/stderr
            stringFormat: "err %REQ(:PATH)%"
        """
      ]) { bed in
        try await bed.send("outputs", "/outputs")
        try await bed.envoy.output.line("the line on standard output") { $0 == "out /outputs" }
        try await bed.envoy.errorOutput.line("the line on standard error") { $0 == "err /outputs" }
      }
    }
  }
}
