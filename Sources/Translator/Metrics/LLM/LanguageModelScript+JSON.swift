extension LanguageModelScript {
  /// `json_reader(rules, found)` reads one JSON text that comes in pieces: call what it returns with each piece, and with
  /// nil at the end. That returns false once there is nothing more to find. It runs in a coroutine of its own, in which
  /// Envoy's functions must not be called: they would answer on the stack of another one.
  ///
  /// Only values that the rules name are kept, in the table `found`; all else is passed over, mostly by the string search
  /// of Lua's C library. A rule is a table:
  ///   - `fields`: rules for the members of an object;
  ///   - `text`, `number`: where in `found` to keep a string (up to 256 bytes, as written), or a whole number;
  ///   - `marks`: what in `found` becomes true if there is an object or a string, not null;
  ///   - `elements` of the outermost one: the text may also be an array of such objects;
  ///   - `last` of the outermost one: the name in `found` after which nothing more is wanted.
  ///
  /// After half a million strings, brackets and members it gives up, and what it has not found by then is not counted:
  /// that is under 0.1 s of a worker, and hundreds of times a usual text. The length of strings and the count of numbers in a
  /// list do not matter.
  static let jsonReader = #"""
    local find, sub, byte = string.find, string.sub, string.byte

    -- Why a text is read no further; any other error is one of the script.
    local ended, not_json, complete = "ended", "not JSON", "complete"

    local function json_reader(rules, found)
      local buffer, at, steps = "", 1, 0
      local read_value

      -- So that nobody keeps a worker busy with millions of brackets.
      local function step()
        steps = steps + 1
        if steps > 500000 then error(complete, 0) end
      end

      -- Waits for the next piece, which becomes the buffer.
      local function more()
        local piece = coroutine.yield()
        if not piece then error(ended, 0) end
        buffer, at = piece, 1
      end

      local function next_byte()
        step()
        while true do
          local position = find(buffer, "%S", at)
          if position then
            at = position
            return byte(buffer, position)
          end
          more()
        end
      end

      -- From behind the opening quote to behind the closing one. Returns what is between if it is no longer than the limit.
      local function read_string(limit)
        local kept, length, from, is_escaped = "", 0, at, false
        step()
        while true do
          if is_escaped then
            while at > #buffer do
              more()
              from = 1
            end
            at = at + 1
            is_escaped = false
          end
          local quote = find(buffer, '"', at, true)
          local last = (quote or #buffer + 1) - 1
          local backslash = last
          while backslash >= at and byte(buffer, backslash) == 92 do backslash = backslash - 1 end
          local is_odd = (last - backslash) % 2 == 1
          if quote then at = quote + 1 end
          if quote and not is_odd then
            if limit and length + quote - from <= limit then return kept .. sub(buffer, from, quote - 1) end
            return nil
          end
          if not quote then
            length = length + #buffer - from + 1
            if limit and length <= limit then kept = kept .. sub(buffer, from) else limit = nil end
            is_escaped = is_odd
            more()
            from = 1
          end
        end
      end

      -- An object or an array that nobody asks for, however deep.
      local function pass_over()
        local depth = 1
        at = at + 1
        while depth > 0 do
          local position = find(buffer, '["{}%[%]]', at)
          if not position then
            more()
          else
            local character = byte(buffer, position)
            at = position + 1
            step()
            if character == 34 then
              read_string()
            elseif character == 123 or character == 91 then
              depth = depth + 1
            else
              depth = depth - 1
            end
          end
        end
      end

      -- A number, true, false or null.
      local function read_word()
        local word = ""
        while true do
          local position = find(buffer, "[,%]}%s]", at)
          word = word .. sub(buffer, at, (position or #buffer + 1) - 1)
          if word == "" and position or #word > 64 then error(not_json, 0) end
          if position then
            at = position
            return word
          end
          more()
        end
      end

      local function read_object(rule)
        at = at + 1
        if next_byte() == 125 then
          at = at + 1
          return
        end
        while true do
          if next_byte() ~= 34 then error(not_json, 0) end
          at = at + 1
          local key = read_string(64)
          if next_byte() ~= 58 then error(not_json, 0) end
          at = at + 1
          read_value(key and rule.fields[key])
          local character = next_byte()
          at = at + 1
          if character == 125 then return end
          if character ~= 44 then error(not_json, 0) end
        end
      end

      local function read_elements(rule)
        at = at + 1
        while true do
          local character = next_byte()
          if character == 93 then
            at = at + 1
            return
          elseif character == 44 then
            at = at + 1
          else
            read_value(rule)
          end
        end
      end

      function read_value(rule)
        rule = rule or {}
        local character = next_byte()
        if rule.marks and (character == 123 or character == 34) then found[rule.marks] = true end
        if character == 123 and rule.fields then
          read_object(rule)
        elseif character == 91 and rule.elements then
          read_elements({fields = rule.fields})
        elseif character == 123 or character == 91 then
          pass_over()
        elseif character == 34 then
          at = at + 1
          local text = read_string(rule.text and 256)
          if text and rule.text then
            found[rule.text] = text
            if rule.text == rules.last then error(complete, 0) end
          end
        else
          local number = tonumber(read_word())
          if number and rule.number and number >= 0 and number < 1e12 then found[rule.number] = math.floor(number) end
        end
      end

      local reading = coroutine.create(function()
        more()
        read_value(rules)
      end)
      coroutine.resume(reading)
      return function(piece)
        if coroutine.status(reading) == "dead" then return false end
        local is_well, why = coroutine.resume(reading, piece)
        if not is_well and why ~= ended and why ~= not_json and why ~= complete then error(why, 0) end
        return coroutine.status(reading) ~= "dead"
      end
    end

    """#
}
