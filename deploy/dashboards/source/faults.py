"""What is wrong with a dashboard: what Grafana would not show as meant, or a reader could not read."""

import itertools
import json
import re

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

GRID_WIDTH = 24
MOST_PANELS = 14
DATA_SOURCES = {"prometheus": "${datasource}", "loki": "${loki}", "tempo": "${tempo}"}
VARIABLE = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))")


def of_all(dashboards):
    """One line for each fault of dashboards, which are JSON values by name."""
    found = []
    for key in ("uid", "title"):
        if len({dashboard[key] for dashboard in dashboards.values()}) != len(dashboards):
            found.append(f"two dashboards have the same {key}")
    for name, dashboard in dashboards.items():
        found += [f"{name}: {fault}" for fault in itertools.chain(_of_frame(dashboard), _of_panels(dashboard))]
    return found


def _of_frame(dashboard):
    if not dashboard.get("description"):
        yield "it has no description"
    known = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = {braced or bare for braced, bare in VARIABLE.findall(json.dumps(dashboard))}
    unknown = {name for name in used - known if not name.startswith("__")}
    if unknown:
        yield f"there is no variable {', '.join(sorted(unknown))}"
    for name in sorted(known - used):
        yield f"nothing uses the variable {name}"
    register_default_plugins()
    understood = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
    if not _is_part(dashboard, understood):
        yield "Grafana's model of a dashboard has no place for some of it"


def _of_panels(dashboard):
    panels = dashboard["panels"]
    if len(panels) > MOST_PANELS:
        yield f"{len(panels)} panels are too many to be read at a glance"
    if len({panel["id"] for panel in panels}) != len(panels):
        yield "two panels have the same id"
    for panel in panels:
        yield from (f"{panel.get('title')}: {fault}" for fault in _of_panel(panel))
    for one, other in itertools.combinations(panels, 2):
        if _overlap(one["gridPos"], other["gridPos"]):
            yield f"{one['title']} and {other['title']} overlap"


def _of_panel(panel):
    defaults = panel["fieldConfig"]["defaults"]
    for what, value in (
        ("title", panel.get("title")), ("description", panel.get("description")), ("unit", defaults.get("unit")),
        ("query", panel.get("targets"))
    ):
        if not value:
            yield f"it has no {what}"
    if panel["gridPos"]["x"] + panel["gridPos"]["w"] > GRID_WIDTH:
        yield "it is wider than the grid"
    references = [target.get("refId") for target in panel["targets"]]
    if len(set(references)) != len(references):
        yield "two queries have the same refId"
    for source in [panel.get("datasource")] + [t["datasource"] for t in panel["targets"] if "datasource" in t]:
        if not source or DATA_SOURCES.get(source["type"]) != source["uid"]:
            yield "its data source is not a variable of the dashboard"
    if panel["datasource"]["type"] == "prometheus":
        if not defaults.get("thresholds", {}).get("steps"):
            yield "it has no thresholds"
        if any(not target.get("legendFormat") for target in panel["targets"]):
            yield "a query has no legend"


def _is_part(value, whole):
    """Whether all of a JSON value is in another one, which may have further members."""
    if isinstance(value, dict):
        return isinstance(whole, dict) and all(key in whole and _is_part(value[key], whole[key]) for key in value)
    if isinstance(value, list):
        return isinstance(whole, list) and len(value) == len(whole) and all(map(_is_part, value, whole))
    return value == whole


def _overlap(one, other):
    return (
        one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"]
    )
