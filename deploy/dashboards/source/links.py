"""Links from a panel to Grafana's Explore: to logs in Loki, to a trace in Tempo."""

import json
from urllib.parse import quote

from grafana_foundation_sdk.builders import dashboard as builders


class Link(builders.DashboardLink):
    """A link where links always were: the SDK's own would go to a menu that Grafana 12.0 does not have."""

    def build(self):
        model = super().build()
        model.placement = None
        return model


# Loki's names for the resource attributes `k8s.namespace.name` and `service.name` of the proxies' OTLP records.
LOG_STREAM = 'k8s_namespace_name=~"{namespace}", service_name=~"{gateway}"'
LOGS_OF_VARIABLES = "{" + LOG_STREAM.format(namespace="$namespace", gateway="$gateway") + "}"
FAILED_LOGS = LOGS_OF_VARIABLES + ' | http_response_status_code =~ "5..|0"'
DENIED_LOGS = LOGS_OF_VARIABLES + ' | http_response_status_code =~ "401|403|429"'


def logs_of_series(title="Logs of this route", statuses=""):
    """To the access-log records of the namespace, Gateway and route that a series is about; those that do not tell their
    route, since their policy chose other attributes, come along."""
    label = "${{__field.labels.{}}}".format
    stream = LOG_STREAM.format(namespace=label("namespace"), gateway=label("gateway"))
    expression = f'{{{stream}}} | envoy_route_name =~ "({label("route")})?"'
    if statuses:
        expression += f' | http_response_status_code =~ "{statuses}"'
    return _explore(title, "${loki}", {"expr": expression, "queryType": "range", "datasource": _ref("loki")})


def trace(title="Trace in Tempo"):
    """To the trace whose id is the value of the cell."""
    return _explore(
        title, "${tempo}", {"query": "${__value.raw}", "queryType": "traceql", "datasource": _ref("tempo")})


def _ref(kind):
    return {"type": kind, "uid": f"${{{kind}}}"}


def _explore(title, datasource, query):
    """The variables stay readable for Grafana, which fills them in when the link is followed."""
    panes = {
        "a": {
            "datasource": datasource,
            "queries": [{"refId": "A", **query}],
            "range": {"from": "${__from}", "to": "${__to}"},
        }
    }
    document = json.dumps(panes, separators=(",", ":"))
    url = "/explore?schemaVersion=1&orgId=${__org.id}&panes=" + quote(document, safe="${}_.")
    return Link(title).url(url).target_blank(True)
