"""overview.json: health and traffic, to be looked at first."""

import frame
import links
from panels import BLUE, GREEN, RED, YELLOW, graph, query, stat, steps
from promql import FAILED, PROXY, quantile, rate, ratio, series, top

REQUESTS = "agentgateway_http_requests_total"
DURATION = "agentgateway_http_request_duration_seconds"
ROUTE = ["namespace", "gateway", "route"]
SHARE_THRESHOLDS = steps((0.01, YELLOW), (0.05, RED))
LATENCY_THRESHOLDS = steps((0.5, YELLOW), (2, RED))


def dashboard():
    return frame.build(
        "kgateway-overview",
        "Agentgateway / Overview",
        "Is all well, and what goes through the Gateways: requests, errors, latency, connections and bytes.",
        [frame.data_source(), frame.loki(), *frame.gateways()],
        [*_health(), *_traffic()])


def _health():
    return [
        stat(
            "Requests", "Requests a second to the chosen Gateways.", "reqps",
            [query(rate(REQUESTS, PROXY), "requests")], steps(base=BLUE)),
        stat(
            "Errors",
            "The share of requests that were answered with 5xx, or not at all before the client went away.",
            "percentunit",
            [query(ratio(rate(REQUESTS, PROXY, FAILED), rate(REQUESTS, PROXY)), "errors")],
            SHARE_THRESHOLDS, decimals=1, no_value="no traffic"),
        stat(
            "Latency (p99)", "99 % of the requests are answered faster than this.", "s",
            [query(quantile(0.99, DURATION, PROXY), "p99")], LATENCY_THRESHOLDS, no_value="no traffic"),
        stat(
            "Active Connections", "Connections of clients that are open now.", "short",
            [query(f"sum({series('agentgateway_active_connections', PROXY)})", "connections")],
            steps(base=BLUE), decimals=0),
        stat(
            "Connected Proxies", "Proxies that are connected to the operator, all Gateways together. Without one, "
            "changes reach nobody; traffic goes on.", "short",
            [query("sum(kgateway_connected_proxies)", "proxies")], steps((1, GREEN), base=RED), decimals=0),
        stat(
            "Leaders", "Replicas of the operator that write statuses and deployments. One is right; with none, nothing "
            "is written.", "short",
            [query("sum(kgateway_leader)", "leaders")], steps((1, GREEN), (2, RED), base=RED), decimals=0),
    ]


def _traffic():
    return [
        graph(
            "Requests by Route", "The ten busiest routes. A click on a line leads to its access logs.", "reqps",
            [query(top(10, rate(REQUESTS, PROXY, by=ROUTE)), "{{gateway}}: {{route}}")],
            link=links.logs_of_series()),
        graph(
            "Responses by Status", "Answers a second by their status. 0: the client went away before there was one.",
            "reqps", [query(rate(REQUESTS, PROXY, by=["status"]), "{{status}}")], stacked=True,
            colors={"200": GREEN, "0": YELLOW, "500": RED, "503": "dark-red", "504": "light-red"}),
        graph(
            "Errors by Route",
            "Requests a second that were answered with 5xx or not at all. A click on a line leads to their logs.",
            "reqps",
            [query(rate(REQUESTS, PROXY, FAILED, by=ROUTE), "{{gateway}}: {{route}}")],
            steps((1, RED)), link=links.logs_of_series("Logs of these errors", "5..|0")),
        graph(
            "Latency", "How long requests take, from the first byte in to the last byte out.", "s",
            [query(quantile(share, DURATION, PROXY), f"p{share * 100:.0f}") for share in (0.5, 0.9, 0.99)],
            LATENCY_THRESHOLDS),
        graph(
            "Slowest Backends (p99)",
            "The latency of the ten backends that take longest. `none`: answered by the proxy.", "s",
            [query(top(10, quantile(0.99, DURATION, PROXY, by=["backend"])), "{{backend}}")], LATENCY_THRESHOLDS),
        graph(
            "Bytes by Gateway", "Bodies received from clients and sent to them.", "Bps",
            [
                query(rate("agentgateway_bytes_received_total", PROXY, by=["gateway"]), "{{gateway}}: received"),
                query(rate("agentgateway_bytes_sent_total", PROXY, by=["gateway"]), "{{gateway}}: sent"),
            ]),
    ]
