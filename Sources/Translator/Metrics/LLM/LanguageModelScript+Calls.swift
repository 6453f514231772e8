extension LanguageModelScript {
  /// What is done with a call. The names of fields are those of the providers' API references: OpenAI's Chat Completions,
  /// Completions, Embeddings and Responses, Anthropic's Messages, and Gemini's GenerateContent.
  ///
  /// A token counts under one type only: what OpenAI and Gemini report as cached is a part of their input, and is taken out
  /// of it; Anthropic reports it apart. What a model thinks is output.
  ///
  /// A model's name is a client's text. It becomes a label only after an answer of success, and as one of a limited number.
  static let calls = #"""
    local NAMESPACE = "agentgateway.llm"
    -- The names that have become labels. A new version of a listener finds those of the last one.
    known = known or {models = {}, model_count = 0, errors = {}, error_count = 0}

    local function number(name) return {number = name} end
    local function text(name) return {text = name} end

    local error_rule = {
      marks = "failed", fields = {type = text("error_type"), status = text("error_status"), code = text("error_code")}}

    local function openai_usage()
      local details = {fields = {cached_tokens = number("cached")}}
      return {fields = {
        prompt_tokens = number("input"), input_tokens = number("input"),
        completion_tokens = number("output"), output_tokens = number("output"),
        prompt_tokens_details = details, input_tokens_details = details}}
    end
    local anthropic_usage = {fields = {
      input_tokens = number("input"), output_tokens = number("output"),
      cache_read_input_tokens = number("cache_read"), cache_creation_input_tokens = number("cache_write")}}

    local request_rules = {last = "model", fields = {model = text("model")}}
    local answer_rules = {
      openai = {fields = {
        usage = openai_usage(), error = error_rule, type = text("event"), code = text("event_code"),
        response = {fields = {usage = openai_usage(), error = error_rule}}}},
      anthropic = {fields = {
        usage = anthropic_usage, error = error_rule, message = {fields = {usage = anthropic_usage}}}},
      gemini = {elements = true, fields = {error = error_rule, usageMetadata = {fields = {
        promptTokenCount = number("prompt"), toolUsePromptTokenCount = number("tools"),
        candidatesTokenCount = number("candidates"), thoughtsTokenCount = number("thoughts"),
        cachedContentTokenCount = number("cached")}}}}}

    local function note(handle, key, value)
      handle:streamInfo():dynamicMetadata():set(NAMESPACE, key, value)
    end

    local function now(handle)
      return handle:timestamp(EnvoyTimestampResolution.MILLISECOND)
    end

    -- A name as a label's value. One that is not known becomes known where the limit is given, and not reached.
    local function label(kind, name, limit)
      if not name or #name > 64 or not find(name, "^[%w._:/@+-]+$") then return "other" end
      local names, count = known[kind .. "s"], known[kind .. "_count"]
      if not names[name] then
        if not limit or count >= limit then return "other" end
        names[name] = true
        known[kind .. "_count"] = count + 1
      end
      return name
    end

    local function note_model(handle, name)
      note(handle, "request_model", name)
      note(handle, "model", label("model", name))
    end

    function envoy_on_request(handle)
      local headers = handle:headers()
      local path = string.match(headers:get(":path"), "^[^?]*")
      local endpoint
      for _, candidate in ipairs(handle:filterContext():get("endpoints")) do
        if sub(path, -#candidate.suffix) == candidate.suffix then
          endpoint = candidate
          break
        end
      end
      if not endpoint then return end
      note(handle, "format", endpoint.format)
      note(handle, "started", now(handle))
      note(handle, "provider", endpoint.provider)
      note(handle, "model", "other")
      -- So that answers can be read.
      headers:replace("accept-encoding", "identity")

      if endpoint.format == "gemini" then
        note(handle, "is_streamed", find(path, ":stream", 1, true) ~= nil)
        local model = string.match(path, "/models/([^/]+):[^/:]*$")
        if model and #model <= 256 then note_model(handle, model) end
      elseif not headers:get("content-encoding") then
        local found = {}
        local feed = json_reader(request_rules, found)
        for chunk in handle:bodyChunks() do
          local length = chunk:length()
          if length > 0 and not feed(chunk:getBytes(0, length)) then break end
        end
        -- Some encoders write a slash as \/.
        if found.model then note_model(handle, (found.model:gsub("\\/", "/"))) end
      end
    end

    function envoy_on_response(handle)
      local call = handle:streamInfo():dynamicMetadata():get(NAMESPACE)
      if not call or not call.format then return end
      local maximum_models = handle:filterContext():get("maximumModels")
      local maximum_errors = handle:filterContext():get("maximumErrors")
      local headers = handle:headers()
      local status, content_type = headers:get(":status"), headers:get("content-type") or ""
      local is_success = sub(status, 1, 1) == "2"
      local found, noted = {}, {}

      local function note_once(key, value)
        if noted[key] ~= value then
          noted[key] = value
          note(handle, key, value)
        end
      end

      local function note_success()
        if is_success and not noted.error and call.request_model then
          note_once("model", label("model", call.request_model, maximum_models))
        end
      end

      local function note_tokens()
        if found.prompt then found.input = found.prompt + (found.tools or 0) end
        if found.candidates or found.thoughts then
          found.output = (found.candidates or 0) + (found.thoughts or 0)
        end
        local cached = found.input and math.min(found.cached or 0, found.input) or 0
        if cached > 0 then found.cache_read = cached end
        if found.input then note_once("input_tokens", found.input - cached) end
        if found.output then note_once("output_tokens", found.output) end
        if (found.cache_read or 0) > 0 then note_once("cache_read_tokens", found.cache_read) end
        if (found.cache_write or 0) > 0 then note_once("cache_write_tokens", found.cache_write) end
        if found.input or found.output then note_success() end
      end

      local function note_found()
        local is_event = found.event == "error"
        if found.failed or is_event then
          local name = found.error_type or found.error_status or found.error_code or (is_event and found.event_code)
          if name or is_success then note_once("error", label("error", name, maximum_errors)) end
        end
        note_tokens()
      end

      local feed
      local is_streamed = find(content_type, "text/event-stream", 1, true)
      if headers:get("content-encoding") then
        -- What it is encoded with is not known here.
      elseif is_streamed then
        feed = event_reader(answer_rules[call.format], found, note_found)
      elseif find(content_type, "json", 1, true) then
        feed = json_reader(answer_rules[call.format], found)
      end
      if not is_success then note_once("error", "http_" .. status) end

      local is_first = is_success and (is_streamed or call.is_streamed)
      for chunk in handle:bodyChunks() do
        local length = chunk:length()
        if length > 0 then
          if feed then
            feed(chunk:getBytes(0, length))
            if not is_streamed then note_found() end
          end
          if is_first then
            is_first = false
            local took = now(handle) - call.started
            if took >= 0 and not noted.error then note_once("time_to_first_token", took / 1000) end
          end
        end
      end
      if feed then feed(nil) end
      note_found()
      note_success()
    end
    """#
}
