"""Draws a dashboard as Grafana would about show it: the same grid, titles, units, legends, thresholds and colours."""

import collections
import datetime
import io
import math

import matplotlib
import matplotlib.dates
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from PIL import Image

WIDTH, ROW, MARGIN, HEADER = 1280, 34, 8, 56  # pixels
# The height of panels of logs, in rows of the grid.
LOG_ROWS = 2
# From so many letters on, two names do not fit side by side.
LONG_NAME = 16
DPI = 100
SCALE = 1.5
BACKGROUND, PANEL, BORDER, TEXT, DIM = "#111217", "#181b1f", "#2c3036", "#d8d9da", "#8e9098"
COLORS = {
    "green": "#73bf69", "yellow": "#f2cc0c", "red": "#f2495c", "blue": "#5794f2", "orange": "#ff9830",
    "purple": "#b877d9", "dark-red": "#c4162a", "light-red": "#ff7383",
}
PALETTE = [
    "#73bf69", "#f2cc0c", "#8ab8ff", "#ff9830", "#b877d9", "#5794f2", "#ffa6b0", "#37872d", "#fade2a", "#8f3bb8",
    "#c4162a", "#96d98d",
]
SI = ((1e9, "G"), (1e6, "M"), (1e3, "K"))

matplotlib.rcParams.update({"font.family": "DejaVu Sans", "text.color": TEXT, "text.parse_math": False})


def draw(dashboard, answers, range_of_time):
    """The picture as the bytes of a PNG.

    answers: for each panel's id the series of each of its queries, as (name, [(seconds, value)]).
    range_of_time: its first and its last second.
    """
    places = list(_places(dashboard["panels"]))
    canvas = _Canvas(max(place["y"] + place["h"] for place in places) * ROW + HEADER + MARGIN, range_of_time)
    canvas.text(2 * MARGIN, 22, dashboard["title"], size=13, weight="bold")
    canvas.text(2 * MARGIN, 42, _shortened(dashboard["description"], 180), size=7.5, color=DIM)
    for panel, place in zip(dashboard["panels"], places):
        kind = {"stat": _stat, "timeseries": _graph}.get(panel["type"], _from_loki)
        kind(canvas, _Frame(canvas, panel, place), panel, answers.get(panel["id"], []))
    return canvas.png()


def _places(panels):
    """Where the panels are on the grid, without the room for logs: there is no Loki behind the pictures."""
    saved = 0
    for panel in panels:
        place = panel["gridPos"] | {"y": panel["gridPos"]["y"] - saved}
        if panel["datasource"]["type"] == "loki":
            saved += place["h"] - LOG_ROWS
            place["h"] = LOG_ROWS
        yield place


class _Canvas:
    """A figure that is measured in pixels from its upper left corner."""

    def __init__(self, height, range_of_time):
        self.height = height
        self.range_of_time = range_of_time
        self.figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI * SCALE, facecolor=BACKGROUND)

    def text(self, x, y, text, size=8, color=TEXT, **style):
        style = {"va": "center", "ha": "left", **style}
        return self.figure.text(x / WIDTH, 1 - y / self.height, text, fontsize=size, color=color, **style)

    def box(self, x, y, width, height):
        self.figure.add_artist(
            FancyBboxPatch(
                (x / WIDTH, 1 - (y + height) / self.height), width / WIDTH, height / self.height,
                boxstyle="round,pad=0,rounding_size=0.002", facecolor=PANEL, edgecolor=BORDER, linewidth=0.8, zorder=-1))

    def axes(self, x, y, width, height):
        axes = self.figure.add_axes((x / WIDTH, 1 - (y + height) / self.height, width / WIDTH, height / self.height))
        axes.set_facecolor("none")
        for spine in axes.spines.values():
            spine.set_visible(False)
        return axes

    def png(self):
        raw = io.BytesIO()
        self.figure.savefig(raw, format="png", facecolor=BACKGROUND)
        reduced = io.BytesIO()
        Image.open(raw).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(reduced, "PNG", optimize=True)
        return reduced.getvalue()


class _Frame:
    """A panel's place, with its border and title."""

    def __init__(self, canvas, panel, place):
        column = (WIDTH - MARGIN) / 24
        self.x = MARGIN + place["x"] * column
        self.y = HEADER + place["y"] * ROW
        self.width = place["w"] * column - MARGIN
        self.height = place["h"] * ROW - MARGIN
        canvas.box(self.x, self.y, self.width, self.height)
        canvas.text(self.x + 10, self.y + 15, panel["title"], size=8.5, weight="bold")
        if place["w"] > 4 and panel["type"] == "timeseries":
            unit = _unit_name(_defaults(panel)["unit"])
            canvas.text(self.x + self.width - 10, self.y + 15, unit, size=7, color=DIM, ha="right")


def _stat(canvas, frame, panel, answers):
    defaults = _defaults(panel)
    series = [one for answer in answers for one in answer]
    if not series:
        canvas.text(
            frame.x + frame.width / 2, frame.y + frame.height * 0.6, defaults.get("noValue", "no data"), size=14,
            color=DIM, ha="center")
    for index, (name, points) in enumerate(series):
        value = points[-1][1]
        color = _threshold_color(defaults, value)
        width = frame.width / len(series)
        middle = frame.height * (0.5 if len(series) == 1 else 0.42)
        x = frame.x + index * width
        if len(points) > 1:
            height = 34 if len(series) == 1 else 20
            axes = canvas.axes(x + 6, frame.y + frame.height - height - 4, width - 12, height)
            axes.axis("off")
            axes.set_xlim(canvas.range_of_time)
            times, values = zip(*points)
            top = max(values) or 1
            axes.set_ylim(0, top * 1.1)
            axes.plot(times, values, color=color, linewidth=1)
            axes.fill_between(times, values, color=color, alpha=0.18, linewidth=0)
        text = _number(value, defaults["unit"], defaults.get("decimals"))
        canvas.text(x + width / 2, frame.y + middle, text, size=19, color=color, weight="bold", ha="center")
        if len(series) > 1:
            canvas.text(x + width / 2, frame.y + middle + 26, name, size=8, ha="center")


def _graph(canvas, frame, panel, answers):
    defaults = _defaults(panel)
    series = sorted((one for answer in answers for one in answer), key=lambda one: one[0])
    columns = 2 if len(series) > 3 and all(len(name) < LONG_NAME for name, _ in series) else 1
    lines = series[: 3 * columns if columns > 1 else 5]
    legend_height = 15 * max(math.ceil(len(lines) / columns), 1) + 6
    top, bottom = 34, legend_height + 24
    axes = canvas.axes(frame.x + 62, frame.y + top, frame.width - 78, frame.height - top - bottom)
    axes.tick_params(length=0, labelsize=6.5, labelcolor=DIM)
    axes.grid(True, color=BORDER, linewidth=0.6)
    if not series:
        axes.text(0.5, 0.5, defaults.get("noValue", "no data"), transform=axes.transAxes, ha="center", color=DIM)
    stacked = defaults["custom"].get("stacking", {}).get("mode") == "normal"
    highest = _plot(axes, series, stacked, _fixed_colors(panel))
    axes.set_xlim(canvas.range_of_time)
    axes.set_ylim(0, highest * 1.15 or 1)
    axes.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(4))
    axes.yaxis.set_major_formatter(lambda value, _: _number(value, defaults["unit"]))
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5, prune="both"))
    axes.xaxis.set_major_formatter(
        lambda value, _: datetime.datetime.fromtimestamp(value, datetime.UTC).strftime("%H:%M:%S"))
    for step in defaults["thresholds"]["steps"]:
        if step["value"] and step["value"] < highest * 1.15:
            axes.axhline(step["value"], color=_color(step["color"]), linestyle=(0, (4, 3)), linewidth=0.9)
    place = _Legend(frame.x + 12, frame.y + frame.height - legend_height + 4, (frame.width - 24) / columns, columns)
    _legend(canvas, place, lines, len(series), defaults["unit"], _fixed_colors(panel))


def _plot(axes, series, stacked, fixed):
    highest = 0
    below = {}
    for index, (name, points) in enumerate(series):
        color = fixed.get(name) or PALETTE[index % len(PALETTE)]
        times = [time for time, _ in points]
        base = [below.get(time, 0) if stacked else 0 for time in times]
        values = [value + under for (_, value), under in zip(points, base)]
        axes.plot(times, values, color=color, linewidth=1.3)
        axes.fill_between(times, base, values, color=color, alpha=0.35 if stacked else 0.08, linewidth=0)
        below.update(zip(times, values))
        highest = max(highest, *values)
    return highest


_Legend = collections.namedtuple("_Legend", "x y column_width columns")


def _legend(canvas, place, lines, count, unit, fixed):
    """The name of each line with its last and its highest value; how many more there are."""
    for index, (name, points) in enumerate(lines):
        x = place.x + (index % place.columns) * place.column_width
        y = place.y + (index // place.columns) * 15
        canvas.text(x, y, "▬", size=8, color=fixed.get(name) or PALETTE[index % len(PALETTE)])
        more = f"  and {count - len(lines)} more" if index == len(lines) - 1 and count > len(lines) else ""
        canvas.text(x + 16, y, name + more, size=7)
        values = [value for _, value in points]
        canvas.text(
            x + place.column_width - 16, y, f"last {_number(values[-1], unit)}   max {_number(max(values), unit)}",
            size=6.5, color=DIM, ha="right")


def _from_loki(canvas, frame, panel, _answers):
    kind = {"logs": "log lines", "table": "a table"}[panel["type"]]
    canvas.text(frame.x + frame.width - 10, frame.y + 15, f"{kind} from Loki", size=7, color=DIM, ha="right")
    canvas.text(
        frame.x + 10, frame.y + 40, panel["targets"][0]["expr"], size=7.5, color=DIM, family="DejaVu Sans Mono")


# MARK: What a panel says of its values


def _defaults(panel):
    return panel["fieldConfig"]["defaults"]


def _color(name):
    return COLORS.get(name, name)


def _threshold_color(defaults, value):
    steps = defaults["thresholds"]["steps"]
    return _color([step for step in steps if step["value"] is None or value >= step["value"]][-1]["color"])


def _fixed_colors(panel):
    return {
        override["matcher"]["options"]: _color(entry["value"]["fixedColor"])
        for override in panel["fieldConfig"]["overrides"] for entry in override["properties"] if entry["id"] == "color"
    }


def _unit_name(unit):
    names = {
        "s": "seconds", "percentunit": "%", "reqps": "requests / s", "ops": "operations / s", "Bps": "bytes / s",
        "short": "",
    }
    return names.get(unit, unit.removeprefix("si:"))


def _number(value, unit, decimals=None):
    if unit == "s":
        return _duration(value)
    if unit == "percentunit":
        return f"{value * 100:.{1 if decimals is None else int(decimals)}f} %"
    own = f" {unit[3:]}" if unit.startswith("si:") else ""
    suffix = {"reqps": " req/s", "ops": " ops/s", "Bps": "B/s"}.get(unit, own)
    for size, prefix in SI:
        if abs(value) >= size:
            return f"{_digits(value / size, None)} {prefix}{suffix.strip()}"
    return f"{_digits(value, decimals)}{' ' if unit == 'Bps' else ''}{suffix}"


def _duration(value):
    for size, suffix in ((86400, "days"), (3600, "hours"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if abs(value) >= size:
            return f"{_digits(value / size, None)} {suffix}"
    return "0 s"


def _digits(value, decimals):
    if decimals is not None:
        return f"{value:.{int(decimals)}f}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _shortened(text, length):
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
