import RealComponents
import Testing

extension EndToEnd {
  @Suite("listener settings of policies on the real Envoy")
  struct ListenerSettings {
    private static let addressLog = """
      accessLog:
      - fileSink:
          path: ${folder}/address.log
          stringFormat: "%REQ(:PATH)% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"

      """

    @Test("a connection becomes a websocket where the policy enables it, and is refused where it does not")
    func upgrade() async throws {
      try await PolicyBed.run([
        "enabled": "upgradeConfig: {enabledUpgrades: [websocket]}",
        "other": "upgradeConfig: {enabledUpgrades: [CONNECT]}",
      ]) { bed in
        let handshake =
          "GET /socket HTTP/1.1\r\nhost: shop.example\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
          + "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        try await RawConnection.with(port: bed.ports["enabled"]) { connection in
          try await connection.send(handshake)
          #expect(try await connection.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
          try await connection.send("no longer HTTP")
          _ = try await connection.read(through: "no longer HTTP")
        }
        try await RawConnection.with(port: bed.ports["other"]) { connection in
          try await connection.send(handshake)
          #expect(try await connection.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 403 "))
        }
      }
    }

    @Test("the method CONNECT makes a tunnel where the policy enables it, and is refused where it does not")
    func connect() async throws {
      try await PolicyBed.run([
        "enabled": "upgradeConfig: {enabledUpgrades: [websocket, CONNECT]}",
        "other": "upgradeConfig: {enabledUpgrades: [websocket]}",
      ]) { bed in
        let request = "CONNECT shop.example:80 HTTP/1.1\r\nhost: shop.example:80\r\n\r\n"
        try await RawConnection.with(port: bed.ports["enabled"]) { connection in
          try await connection.send(request)
          #expect(try await connection.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
          try await connection.send("no longer HTTP")
          _ = try await connection.read(through: "no longer HTTP")
        }
        let plain = try await bed.send("enabled", "/")
        #expect(plain.status == 200)
        try await RawConnection.with(port: bed.ports["other"]) { connection in
          try await connection.send(request)
          #expect(try await connection.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 4"))
        }
      }
    }

    @Test("the client's address is that of the connection, or that which X-Forwarded-For says if it is believed")
    func clientAddress() async throws {
      try await PolicyBed.run([
        "default": Self.addressLog, "own": Self.addressLog + "useRemoteAddress: true",
        "believed": Self.addressLog + "useRemoteAddress: false",
        "hops": Self.addressLog + "xffNumTrustedHops: 1",
        "more-hops": Self.addressLog + "useRemoteAddress: false\nxffNumTrustedHops: 1",
      ]) { bed in
        let forwarded = [("x-forwarded-for", "203.0.113.1, 203.0.113.2, 203.0.113.3")]
        for name in ["default", "own", "believed", "hops", "more-hops"] {
          try await bed.send(name, "/\(name)", headers: forwarded)
        }
        var addresses: [String: String] = [:]
        for name in ["default", "own", "believed", "hops", "more-hops"] {
          let lines = try await bed.lines(of: "address.log") { $0.hasPrefix("/\(name) ") }
          addresses[name] = lines.first { $0.hasPrefix("/\(name) ") }.map { String($0.dropFirst(name.count + 2)) }
        }
        #expect(
          addresses == [
            "default": "127.0.0.1", "own": "127.0.0.1", "believed": "203.0.113.3", "hops": "203.0.113.3",
            "more-hops": "203.0.113.2",
          ])
      }
    }

    @Test("the server header of a response is Envoy's, the backend's, or Envoy's where the backend sends none")
    func serverHeader() async throws {
      try await PolicyBed.run([
        "default": "acceptHttp10: false", "overwrite": "serverHeaderTransformation: Overwrite",
        "append": "serverHeaderTransformation: AppendIfAbsent", "pass": "serverHeaderTransformation: PassThrough",
      ]) { bed in
        func servers(_ path: String) async throws -> [[String]] {
          var found: [[String]] = []
          for name in ["default", "overwrite", "append", "pass"] {
            found.append(try await bed.send(name, path)["server"])
          }
          return found
        }
        let (served, plain) = (try await servers("/served"), try await servers("/"))
        #expect(served == [["envoy"], ["envoy"], ["theirs"], ["theirs"]])
        #expect(plain == [["envoy"], ["envoy"], ["envoy"], []])
      }
    }

    @Test("a request that waits longer than streamIdleTimeout ends, and a connection longer without one is closed")
    func timeouts() async throws {
      try await PolicyBed.run([
        "stream": "streamIdleTimeout: 300ms", "connection": "idleTimeout: 300ms", "neither": "acceptHttp10: false",
      ]) { bed in
        let request = "GET /never HTTP/1.1\r\nhost: shop.example\r\n\r\n"
        try await RawConnection.with(port: bed.ports["neither"]) { patient in
          try await patient.send(request.replacing("/never", with: "/"))
          _ = try await patient.read(through: "\r\n\r\n")

          let answer = try await bed.send("stream", "/never")
          #expect(answer.status == 504 && answer.body == "stream timeout")
          #expect(try await bed.counter("http.listener~\(bed.ports["stream"]).downstream_rq_idle_timeout") == 1)

          try await RawConnection.with(port: bed.ports["connection"]) { connection in
            try await connection.send(request.replacing("/never", with: "/"))
            _ = try await connection.readAnswer()
            try await eventually("the connection has idled too long") {
              try await bed.counter("http.listener~\(bed.ports["connection"]).downstream_cx_idle_timeout") == 1
            }
            // Envoy lets a request that is on its way just then through, and closes after it.
            try await connection.send(request.replacing("/never", with: "/"))
            let answer = try await connection.readAnswer()
            #expect(answer.status == 200 && answer["connection"] == ["close"])
          }

          // By now longer than either has passed here.
          try await patient.send(request.replacing("/never", with: "/delay/400"))
          _ = try await patient.read(through: "X-Answer-Name".lowercased())
        }
      }
    }

    @Test("health checks are answered by the proxy, at their path alone, whatever the backends do")
    func healthCheck() async throws {
      try await PolicyBed.run(["healthy": "healthCheck: {path: /down}"]) { bed in
        let (check, below) = (try await bed.send("healthy", "/down"), try await bed.send("healthy", "/down/below"))
        #expect(check.status == 200 && below.status == 503)
        #expect(bed.upstream.requestCount == 0)
      }
    }

    @Test("the names of headers keep their capitals on their way through, in both directions, if the policy says so")
    func headerCase() async throws {
      try await PolicyBed.run([
        "kept": "preserveHttp1HeaderCase: true", "default": "preserveHttp1HeaderCase: false",
      ]) { bed in
        let kept = try await bed.send("kept", "/", headers: [("X-My-NAME", "yes")])
        #expect(kept.body.contains("\r\nX-My-NAME: yes\r\n"))
        #expect(kept.headers.contains { $0.name == "X-Answer-Name" })
        let plain = try await bed.send("default", "/", headers: [("X-My-NAME", "yes")])
        #expect(plain.body.contains("\r\nx-my-name: yes\r\n"))
        #expect(plain.headers.contains { $0.name == "x-answer-name" })
      }
    }

    @Test("requests of HTTP/1.0 are served if the policy says so, and one without a host is for the host it names")
    func http10() async throws {
      try await PolicyBed.run([
        "refused": "acceptHttp10: false", "accepted": "acceptHttp10: true",
        "hosted": "acceptHttp10: true\ndefaultHostForHttp10: old.example",
      ]) { bed in
        func answer(_ port: String, host: String = "") async throws -> RawAnswer {
          try await RawConnection.with(port: bed.ports[port]) { connection in
            try await connection.send("GET / HTTP/1.0\r\n\(host)\r\n")
            return try await connection.readAnswer()
          }
        }
        #expect(try await answer("refused", host: "Host: shop.example\r\n").status == 426)
        let accepted = try await answer("accepted", host: "Host: shop.example\r\n")
        #expect(accepted.status == 200 && accepted.body.contains("\r\nhost: shop.example\r\n"))
        #expect(try await answer("accepted").status == 400)
        let hosted = try await answer("hosted")
        #expect(hosted.status == 200 && hosted.body.contains("\r\nhost: old.example\r\n"))
      }
    }
  }
}
