"""What all dashboards share: how they are named and found, their variables, and the links between them."""

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import common, dashboard

import links

TAG = "kgateway"

# Of Grafana 12.0, which kube-prometheus-stack 75 brings. Newer ones bring it up to date when they load it.
SCHEMA_VERSION = 41

# Matches what a variable set to "All" stands for, and lets no series in that lacks the label.
ALL = ".+"

# A proxy has it from the moment that it listens, before any request.
ANY_PROXY = "agentgateway_active_connections"


def build(uid, title, description, variables, panels):
    """A dashboard of these panels, from left to right and from top to bottom, as JSON values."""
    frame = (
        builders.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .time("now-1h", "now")
        .refresh("30s")
        .timezone("browser")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .link(
            links.Link("kgateway")
            .type(dashboard.DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(True)
            .include_vars(True)
            .keep_time(True))
    )
    for variable in variables:
        frame.with_variable(variable)
    for index, panel in enumerate(panels):
        frame.with_panel(panel.id(index + 1))
    model = frame.build()
    model.schema_version = SCHEMA_VERSION
    return model


# MARK: Variables


def data_source():
    return _source("datasource", "Metrics", "prometheus", "The Prometheus that has the metrics.")


def loki():
    return _source("loki", "Logs", "loki", "The Loki that has the access logs.")


def tempo():
    return _source("tempo", "Traces", "tempo", "The Tempo that has the traces.")


def replica():
    return _labels("instance", "Replica", "label_values(kgateway_build_info, instance)", "Replicas of the operator.")


def gateways():
    """The two variables that narrow a dashboard down to some Gateways."""
    return [
        _labels("namespace", "Namespace", f"label_values({ANY_PROXY}, namespace)", "Namespaces of Gateways."),
        _labels(
            "gateway", "Gateway", f'label_values({ANY_PROXY}{{namespace=~"$namespace"}}, gateway)',
            "Gateways in the chosen namespaces."),
    ]


def models():
    """The two variables that narrow a dashboard down to some models."""
    requests = 'agentgateway_llm_requests_total{namespace=~"$namespace", gateway=~"$gateway"'
    return [
        _labels("provider", "Provider", f"label_values({requests}}}, provider)", "Providers of models."),
        _labels(
            "model", "Model", f'label_values({requests}, provider=~"$provider"}}, model)',
            "Models of the chosen providers."),
    ]


def _source(name, label, kind, description):
    return builders.DatasourceVariable(name).label(label).type(kind).description(description)


def _labels(name, label, query, description):
    return (
        builders.QueryVariable(name)
        .label(label)
        .description(description)
        .query({"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"})
        .definition(query)
        .datasource(common.DataSourceRef("prometheus", "${datasource}"))
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(ALL)
        .current(dashboard.VariableOption(True, "All", "$__all"))
    )
