"""dashboard.json: the dashboard of the observability guide, with its seven panels."""

import frame
from panels import BLUE, GREEN, RED, YELLOW, graph, query, stat, steps
from promql import REPLICA, aggregation, quantile, rate, series

QUANTILES = (0.7, 0.9, 0.99)


def dashboard():
    return frame.build(
        "kgateway-control-plane",
        "Agentgateway",
        "The control plane at a glance: how often it translates Gateways into Envoy configuration, how long that takes, "
        "what it serves, and what fails.",
        [frame.data_source(), frame.replica()],
        [
            stat(
                "Active Translations",
                "Translations that run at this moment. One takes well below a millisecond, so that anything but 0 that "
                "stays means that the operator has more to do than it can.",
                "short",
                [query(f"sum({series('kgateway_active_translations', REPLICA)})", "translations")],
                steps((2, YELLOW), (10, RED)), width=6, decimals=0),
            stat(
                "Resource Counts",
                "Envoy resources in the configurations that are served, by type. Every replica serves all of them; this "
                "is what the one with the most has.",
                "short",
                [query(f"{aggregation('max', ['type'])}({series('kgateway_xds_resources', REPLICA)})", "{{type}}")],
                steps(base=BLUE), width=12, decimals=0),
            stat(
                "Sync Rate",
                "How many configurations of a Gateway were published a second, over the last minute. 0 while nothing "
                "changes.",
                "ops",
                [query(f"max({series('kgateway_sync_rate', REPLICA)})", "publications")],
                steps(base=BLUE), width=6, decimals=2),
            graph(
                "Reconciliations",
                "Reconciliations of a Gateway a second, by how they ended.",
                "ops",
                [query(rate("kgateway_reconciliation_count", REPLICA, by=["status"]), "{{status}}")],
                colors={"success": GREEN, "failed": RED}),
            graph(
                "Error Rate",
                "What fails a second: translations, reconciliations, and configuration that a proxy refuses (NACK), which "
                "leaves the last good one in use. The status of the object says why.",
                "ops",
                [
                    query(rate("kgateway_translation_count", REPLICA, 'status="failed"'), "translations"),
                    query(rate("kgateway_reconciliation_count", REPLICA, 'status="failed"'), "reconciliations"),
                    query(rate("kgateway_xds_nacks_total", REPLICA), "refused by a proxy"),
                ],
                steps((0.001, RED))),
            graph(
                "Translation Latency",
                "How long a translation of a Gateway takes: 70, 90 and 99 % are faster than this.",
                "s", _quantiles("kgateway_translation_latency"), steps((0.1, YELLOW), (1, RED))),
            graph(
                "Reconciliation Latency",
                "How long a reconciliation of a Gateway takes, from its turn in the queue to the published configuration: "
                "70, 90 and 99 % are faster than this.",
                "s", _quantiles("kgateway_reconciliation_latency"), steps((0.25, YELLOW), (2.5, RED))),
        ])


def _quantiles(histogram):
    return [query(quantile(share, histogram, REPLICA), f"p{share * 100:.0f}") for share in QUANTILES]
