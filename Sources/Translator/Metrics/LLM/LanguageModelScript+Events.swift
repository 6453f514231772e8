extension LanguageModelScript {
  /// `event_reader(rules, found, on_event)` reads an answer of server-sent events (WHATWG HTML, section 9.2), whose data
  /// are JSON, piece by piece as `json_reader` does. `on_event` is called after each event that can matter; `found.failed`
  /// becomes true after one that is called `error`.
  ///
  /// Most events are a word of the answer and nothing else: data of one line without `oken` and `error` in it cannot tell of
  /// tokens or errors in any format, and are not read as JSON.
  static let eventReader = #"""
    local function event_reader(rules, found, on_event)
      local feed, unread, rest, line, after_return = nil, nil, "", nil, false

      local function end_event()
        if feed then feed(nil) end
        if feed or found.failed then on_event() end
        feed, unread = nil, nil
      end

      local function read_data(text, is_whole)
        if feed then
          feed("\n")
        elseif not unread and is_whole and not find(text, "oken", 1, true) and not find(text, "error", 1, true) then
          unread = text
          return
        else
          feed = json_reader(rules, found)
          if unread then feed(unread .. "\n") end
        end
        feed(text)
      end

      return function(piece)
        if not piece then return end_event() end
        local text, at = rest .. piece, 1
        rest = ""
        while at <= #text do
          local stop = find(text, "[\r\n]", at)
          local content = sub(text, at, (stop or #text + 1) - 1)
          if line == "data" then
            feed(content)
          elseif line == nil and not stop and #content < 64 and sub(content, 1, 5) ~= "data:" then
            -- Too little to know what line it is; an event's name is short.
            rest = content
            return
          elseif line == nil and content == "" then
            if not (after_return and byte(text, stop) == 10) then end_event() end
          elseif line == nil and sub(content, 1, 5) == "data:" then
            read_data(sub(content, 6), stop)
          elseif line == nil and string.match(content, "^event:%s*error%s*$") then
            found.failed = true
          end
          if not stop then
            line = line or (sub(content, 1, 5) == "data:" and "data" or "other")
            return
          end
          line = nil
          after_return = byte(text, stop) == 13
          at = stop + 1
        end
      end
    end

    """#
}
