"""llm-performance.json: calls of language models by provider and model."""

import frame
import links
from panels import BLUE, RED, YELLOW, graph, query, stat, steps
from promql import LLM, quantile, rate, ratio

REQUESTS = "agentgateway_llm_requests_total"
ERRORS = "agentgateway_llm_errors_total"
TOKENS = "agentgateway_llm_tokens_total"
LATENCY = "agentgateway_llm_latency_seconds"
FIRST_TOKEN = "agentgateway_llm_time_to_first_token_seconds"
MODEL = ["provider", "model"]
NAME = "{{provider}}: {{model}}"
TOKENS_PER_SECOND = "si:tok/s"
LATENCY_THRESHOLDS = steps((5, YELLOW), (10, RED))
FIRST_TOKEN_THRESHOLDS = steps((1, YELLOW), (3, RED))


def dashboard():
    return frame.build(
        "kgateway-llm-performance",
        "Agentgateway / LLM Performance",
        "Calls of language models through the Gateways, by provider and model: how many, how fast, what they use, what "
        "fails. Gateways of the class agentgateway count them; others do where a policy says so (spec.metrics).",
        [frame.data_source(), frame.loki(), *frame.gateways(), *frame.models()],
        [*_summary(), *_by_model()])


def _summary():
    return [
        stat("Requests", "Calls a second.", "reqps", [query(rate(REQUESTS, LLM), "calls")], steps(base=BLUE)),
        stat(
            "Errors", "The share of calls that failed.", "percentunit",
            [query(ratio(rate(ERRORS, LLM), rate(REQUESTS, LLM)), "errors")],
            steps((0.01, YELLOW), (0.1, RED)), decimals=1, no_value="no calls"),
        stat(
            "Latency (p99)", "99 % of the calls are answered completely within this time.", "s",
            [query(quantile(0.99, LATENCY, LLM), "p99")], LATENCY_THRESHOLDS, no_value="no calls"),
        stat(
            "First Token (p90)", "Streamed answers: 90 % begin within this time.", "s",
            [query(quantile(0.9, FIRST_TOKEN, LLM), "p90")], FIRST_TOKEN_THRESHOLDS, no_value="no streams"),
        stat(
            "Input Tokens", "Tokens of prompts a second, without those that the provider read from its cache.",
            TOKENS_PER_SECOND, [query(rate(TOKENS, LLM, 'type="input"'), "input")], steps(base=BLUE)),
        stat(
            "Output Tokens", "Tokens of answers a second.", TOKENS_PER_SECOND,
            [query(rate(TOKENS, LLM, 'type="output"'), "output")], steps(base=BLUE)),
    ]


def _by_model():
    return [
        graph(
            "Requests by Model", "Calls a second.", "reqps", [query(rate(REQUESTS, LLM, by=MODEL), NAME)]),
        graph(
            "Errors by Cause",
            "Failed calls a second, by what the provider calls the error. A click on a line leads to the logs of the "
            "route.", "reqps",
            [
                query(rate(ERRORS, LLM, by=["namespace", "gateway", "route", *MODEL, "error"]), NAME + ": {{error}}")
            ],
            steps((0.1, RED)), link=links.logs_of_series("Logs of these errors", "4..|5..|0")),
        graph(
            "Latency by Model (p99)", "99 % of the calls are answered completely within this time.", "s",
            [query(quantile(0.99, LATENCY, LLM, by=MODEL), NAME)], LATENCY_THRESHOLDS),
        graph(
            "Time to First Token by Model (p90)", "Streamed answers: 90 % begin within this time.", "s",
            [query(quantile(0.9, FIRST_TOKEN, LLM, by=MODEL), NAME)], FIRST_TOKEN_THRESHOLDS),
        graph(
            "Tokens by Type", "Tokens a second: of prompts, of answers, read from and written to the provider's cache.",
            TOKENS_PER_SECOND, [query(rate(TOKENS, LLM, by=["type"]), "{{type}}")], stacked=True),
        graph(
            "Tokens by Model", "Tokens a second, of all types.", TOKENS_PER_SECOND,
            [query(rate(TOKENS, LLM, by=MODEL), NAME)], stacked=True),
    ]
