"""troubleshooting.json: where a change is stuck, and which requests fail."""

import frame
import links
from panels import GREEN, RED, YELLOW, graph, log_lines, query, request_table, stat, steps, total
from promql import FAILED, PROXY, increase, quantile, rate

REQUESTS = "agentgateway_http_requests_total"
WRITES = {"success": GREEN, "conflict": YELLOW, "refused": "orange", "failed": RED}


def dashboard():
    return frame.build(
        "kgateway-troubleshooting",
        "Agentgateway / Troubleshooting",
        "From a symptom to its cause: refusals and restarts in the control plane, failed requests at the proxies, their "
        "logs and their traces.",
        [frame.data_source(), frame.loki(), frame.tempo(), *frame.gateways()],
        [*_now(), *_control_plane(), *_requests()])


def _now():
    return [
        stat(
            "NACKs", "Configurations in this time range that a proxy refused. The last good one stays in use; the status "
            "of the policy says why, in Envoy's words.", "short",
            [total(increase("kgateway_xds_nacks_total", window="$__range"), "refused")],
            steps((1, RED)), width=6, decimals=0),
        stat(
            "Refused Objects", "Objects that are refused now, in whole or in part.", "short",
            [query("sum(max by (kind) (kgateway_refused_objects))", "objects")], steps((1, YELLOW)), width=6, decimals=0),
        stat(
            "Rejected Fields", "Fields of policies that are left out now, because Envoy refuses them.", "short",
            [query("max(kgateway_rejected_fields)", "fields")], steps((1, YELLOW)), width=6, decimals=0),
        stat(
            "Work Queue", "Gateways that wait for their reconciliation. Above 0 for long: the operator is overloaded, or "
            "something fails again and again.", "short",
            [query("max(kgateway_work_queue_depth)", "Gateways")], steps((10, YELLOW), (100, RED)), width=6, decimals=0),
    ]


def _control_plane():
    return [
        graph(
            "NACKs by Type", "Refused configurations, by the type of the resource.", "short",
            [query(increase("kgateway_xds_nacks_total", by=["type"]), "{{type}}")], steps((1, RED))),
        graph(
            "Config Propagation", "From the event that carried a change to the acknowledgement of the last proxy.", "s",
            [
                query(quantile(share, "kgateway_config_propagation_seconds"), f"p{share * 100:.0f}")
                for share in (0.5, 0.9, 0.99)
            ],
            steps((1, YELLOW), (10, RED))),
        graph(
            "Watch Restarts",
            "Lists and watches of the Kubernetes API that were begun anew. `ended` is the API server's habit; "
            "`disconnected`, `unauthorized`, `forbidden` or many of any other are trouble.", "short",
            [
                query(
                    f"{increase('kgateway_kubernetes_watch_restarts_total', by=['kind', 'reason'])} > 0",
                    "{{kind}}: {{reason}}")
            ]),
        graph(
            "Writes to the API Server",
            "Statuses, and objects of deployed proxies, by how the write ended. A conflict is tried again.", "ops",
            [
                query(rate("kgateway_status_writes_total", by=["result"]), "status: {{result}}"),
                query(rate("kgateway_deployer_writes_total", by=["result"]), "deployment: {{result}}"),
            ],
            colors={f"{kind}: {result}": color for kind in ("status", "deployment") for result, color in WRITES.items()}),
    ]


def _requests():
    return [
        graph(
            "Failed Requests by Route",
            "Requests a second that were answered with 5xx or not at all. A click on a line leads to their logs.",
            "reqps",
            [
                query(
                    rate(REQUESTS, PROXY, FAILED, by=["namespace", "gateway", "route", "status"]),
                    "{{gateway}}: {{route}} {{status}}")
            ],
            steps((1, RED)), link=links.logs_of_series("Logs of these requests", "5..|0"), width=24),
        request_table(
            "Failed Requests", "One row a failed request, from the policies that send logs over OTLP. A click on the "
            "trace's id opens it in Tempo; where there is none, the request was not sampled.", links.FAILED_LOGS),
        log_lines(
            "Access Logs of Failed Requests", "The same as log lines. Where the data source has a derived field for "
            "`trace_id`, each line leads to its trace as well.", links.FAILED_LOGS),
    ]
