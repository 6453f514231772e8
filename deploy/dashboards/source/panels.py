"""The kinds of panels that the dashboards are made of, all in the same style."""

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import logs as logs_builders
from grafana_foundation_sdk.builders import loki, prometheus
from grafana_foundation_sdk.builders import stat as stat_builders
from grafana_foundation_sdk.builders import table as table_builders
from grafana_foundation_sdk.builders import timeseries as timeseries_builders
from grafana_foundation_sdk.models import common, dashboard

import links

PROMETHEUS = common.DataSourceRef("prometheus", "${datasource}")
LOKI = common.DataSourceRef("loki", "${loki}")

# The guide's collector scrapes once a minute. Grafana takes a panel's smallest step for the scrape interval, and makes
# $__rate_interval four of these: shorter windows would hold fewer than two samples.
SMALLEST_STEP = "1m"

GREEN, YELLOW, RED, BLUE = "green", "yellow", "red", "blue"
STAT_HEIGHT, GRAPH_HEIGHT = 4, 8


def query(expression, legend):
    """An expression with what its series are called; `{{label}}` stands for a label's value."""
    return prometheus.Dataquery().expr(expression).legend_format(legend).interval(SMALLEST_STEP)


def total(expression, legend):
    """A query over the whole time range, which has one value and no course."""
    return query(expression, legend).instant()


def steps(*levels, base=GREEN):
    """Colours from a value upwards: (value, colour), over the base colour."""
    thresholds = [dashboard.Threshold(None, base)] + [dashboard.Threshold(value, color) for value, color in levels]
    return builders.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(thresholds)


def stat(title, description, unit, queries, thresholds=None, width=4, decimals=None, no_value="none yet", link=None):
    """The last value, large, with its course behind it."""
    panel = (
        stat_builders.Panel()
        .graph_mode(common.BigValueGraphMode.AREA)
        .color_mode(common.BigValueColorMode.VALUE)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
        .height(STAT_HEIGHT)
        .color_scheme(builders.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS))
        .no_value(no_value)
    )
    if len(queries) == 1 and "{{" not in (queries[0].build().legend_format or ""):
        panel.text_mode(common.BigValueTextMode.VALUE)
    else:
        panel.text_mode(common.BigValueTextMode.VALUE_AND_NAME)
    if decimals is not None:
        panel.decimals(decimals)
    return _finish(panel, title, description, unit, queries, thresholds or steps(base=BLUE), width, link)


def graph(title, description, unit, queries, thresholds=None, width=12, stacked=False, colors=None, link=None):
    """Lines over time, with the last value and the highest of each in the legend.

    colors: by the name of a series, where the colour means something.
    """
    panel = (
        timeseries_builders.Panel()
        .height(GRAPH_HEIGHT)
        .min(0)
        .line_width(2)
        .fill_opacity(40 if stacked else 10)
        .show_points(common.VisibilityMode.AUTO)
        .span_nulls(False)
        .color_scheme(builders.FieldColor().mode(dashboard.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .legend(
            common_builders.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.TABLE)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs(["lastNotNull", "max"])
        )
        .tooltip(
            common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
        .no_value("none yet")
    )
    if stacked:
        panel.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    if thresholds:
        panel.thresholds_style(
            common_builders.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED))
    for name, color in (colors or {}).items():
        panel.override_by_name(name, [_value("color", {"mode": "fixed", "fixedColor": color})])
    return _finish(panel, title, description, unit, queries, thresholds or steps(), width, link)


def log_lines(title, description, expression, width=24, height=GRAPH_HEIGHT):
    """Records from Loki, newest first."""
    return (
        logs_builders.Panel()
        .title(title)
        .description(description)
        .unit("short")
        .datasource(LOKI)
        .with_target(loki.Dataquery().expr(expression).query_type("range").max_lines(200).ref_id("A"))
        .show_time(True)
        .wrap_log_message(True)
        .enable_log_details(True)
        .sort_order(common.LogsSortOrder.DESCENDING)
        .dedup_strategy(common.LogsDedupStrategy.NONE)
        .span(width)
        .height(height)
    )


def request_table(title, description, expression, width=24, height=GRAPH_HEIGHT):
    """Records from Loki as a table with a row for each request, whose trace ids lead to Tempo.

    A table, since panels of logs have no links of their own: theirs are the derived fields of the data source.
    """
    columns = {
        "Time": "Time",
        "service_name": "Gateway",
        "envoy_route_name": "Route",
        "http_request_method": "Method",
        "url_path": "Path",
        "http_response_status_code": "Status",
        "envoy_response_flags": "Flags",
        "envoy_duration_ms": "Duration",
        "trace_id": "Trace",
    }
    kept = {"include": {"names": list(columns)}}
    organized = {
        "excludeByName": {},
        "indexByName": {name: index for index, name in enumerate(columns)},
        "renameByName": {name: title for name, title in columns.items() if name != title},
    }
    return (
        table_builders.Panel()
        .title(title)
        .description(description)
        .unit("short")
        .datasource(LOKI)
        .with_target(loki.Dataquery().expr(expression).query_type("range").max_lines(200).ref_id("A"))
        .with_transformation(
            dashboard.DataTransformerConfig(
                "extractFields", options={"source": "labels", "format": "json", "replace": False, "keepTime": True}))
        .with_transformation(dashboard.DataTransformerConfig("filterFieldsByName", options=kept))
        .with_transformation(dashboard.DataTransformerConfig("organize", options=organized))
        .override_by_name("Trace", [_value("links", [links.trace().build()])])
        .override_by_name("Duration", [_value("unit", "ms")])
        .no_value("none")
        .span(width)
        .height(height)
    )


def _finish(panel, title, description, unit, queries, thresholds, width, link):
    panel.title(title).description(description).unit(unit).datasource(PROMETHEUS).thresholds(thresholds).span(width)
    for index, target in enumerate(queries):
        panel.with_target(target.datasource(PROMETHEUS).ref_id(chr(ord("A") + index)))
    if link:
        panel.data_links([link])
    return panel


def _value(name, value):
    return dashboard.DynamicConfigValue(name, value)
