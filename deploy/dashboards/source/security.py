"""security.json: who was turned away."""

import frame
import links
from panels import BLUE, GREEN, RED, YELLOW, graph, log_lines, query, stat, steps, total
from promql import PROXY, aggregation, increase, or_zero, rate, ratio

REQUESTS = "agentgateway_http_requests_total"
DENIED = 'status=~"401|403|429"'
REJECTED = 'result!="accepted"'
DAY = 24 * 60 * 60


def dashboard():
    return frame.build(
        "kgateway-security",
        "Agentgateway / Security",
        "Requests that were denied, proxies whose credentials were rejected, policies that were refused, and the "
        "certificate that proxies trust. There are no panels of prompt guards: Envoy has none, and so no metric of them.",
        [frame.data_source(), frame.loki(), *frame.gateways()],
        [*_summary(), *_courses()])


def _summary():
    return [
        stat(
            "Denied Requests", "Requests a second that were answered with 401, 403 or 429, by the proxy or by a backend.",
            "reqps", [query(or_zero(rate(REQUESTS, PROXY, DENIED)), "denied")], steps((1, YELLOW), (10, RED))),
        stat(
            "Denied", "The share of all requests that was denied.", "percentunit",
            [query(ratio(rate(REQUESTS, PROXY, DENIED), rate(REQUESTS, PROXY)), "denied")],
            steps((0.05, YELLOW), (0.25, RED)), decimals=1, no_value="no traffic"),
        stat(
            "Rejected Credentials",
            "Attempts in this time range to get the configuration of a Gateway without a token that is good for it.",
            "short", [total(increase("kgateway_xds_auth_total", REJECTED, window="$__range"), "rejected")],
            steps((1, RED)), decimals=0),
        stat(
            "Refused Policies", "Policies that are refused now, in whole or in part. Their status says why.", "short",
            [query('max(kgateway_refused_objects{kind="HTTPListenerPolicy"})', "policies")],
            steps((1, YELLOW)), decimals=0),
        stat(
            "Certificate Ends In",
            "When the certificate that xDS is served with ends. The operator renews its own long before; one of yours "
            "has to be renewed by you.", "s",
            [query("min(kgateway_xds_certificate_expiry_timestamp_seconds) - time()", "left")],
            steps((2 * DAY, YELLOW), (7 * DAY, GREEN), base=RED), width=8, no_value="served in the clear"),
    ]


def _courses():
    return [
        graph(
            "Denied Requests by Reason", "Denied requests a second.", "reqps",
            [
                query(or_zero(rate(REQUESTS, PROXY, f'status="{status}"')), f"{status} {reason}")
                for status, reason in (("401", "unauthorized"), ("403", "forbidden"), ("429", "too many requests"))
            ],
            colors={"401 unauthorized": YELLOW, "403 forbidden": RED, "429 too many requests": "purple"}),
        graph(
            "Denied Requests by Route", "Denied requests a second. A click on a line leads to their logs.", "reqps",
            [query(rate(REQUESTS, PROXY, DENIED, by=["namespace", "gateway", "route"]), "{{gateway}}: {{route}}")],
            steps((1, RED)), link=links.logs_of_series("Logs of these requests", "401|403|429")),
        graph(
            "xDS Credentials by Result",
            "How often proxies showed a token: accepted, missing, invalid (expired, for another audience, nobody's), "
            "forbidden (not that of a served Gateway), limited (too many failed attempts), unavailable (nobody could be "
            "asked).", "short",
            [query(increase("kgateway_xds_auth_total", by=["result"]), "{{result}}")],
            colors={"accepted": GREEN, "invalid": RED, "forbidden": "dark-red"}),
        graph(
            "Refused Objects by Kind", "Objects that are refused now, in whole or in part.", "short",
            [query(f"{aggregation('max', ['kind'])}(kgateway_refused_objects)", "{{kind}}")], steps((1, YELLOW))),
        log_lines(
            "Denied Requests", "Access-log records of denied requests, from the policies that send logs over OTLP.",
            links.DENIED_LOGS),
    ]
