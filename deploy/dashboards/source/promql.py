"""PromQL as the panels need it.

Metrics of the control plane have neither `namespace` nor `gateway`; where a PodMonitor scrapes it, `namespace` is the
operator's own. So the two variables filter the proxies' metrics only. Those carry them in the series; a target label
`namespace` that hides it (`exported_namespace`) has the same value, since proxies run where their Gateway is.
"""

PROXY = 'namespace=~"$namespace", gateway=~"$gateway"'
REPLICA = 'instance=~"$instance"'
LLM = PROXY + ', provider=~"$provider", model=~"$model"'

# A request that failed: answered with a server error, or (`0`) given up by the client before any answer.
FAILED = 'status=~"5..|0"'


def series(metric, *filters):
    """A metric, narrowed down by matchers."""
    matchers = ", ".join(filters)
    return f"{metric}{{{matchers}}}" if matchers else metric


def rate(metric, *filters, by=()):
    """Events a second, summed up over everything but the labels in `by`."""
    return f"{aggregation('sum', by)}(rate({series(metric, *filters)}[$__rate_interval]))"


def increase(metric, *filters, by=(), window="$__rate_interval"):
    """Events in a window. Prometheus extrapolates, so that few events may give a fraction."""
    return f"{aggregation('sum', by)}(increase({series(metric, *filters)}[{window}]))"


def quantile(share, histogram, *filters, by=()):
    """The value below which a share of the observations lies; nothing (not NaN) where nothing was observed."""
    buckets = rate(histogram + "_bucket", *filters, by=(*by, "le"))
    return f"histogram_quantile({share}, {buckets}) >= 0"


def ratio(part, whole):
    """A share of 0 to 1: 0 where no part has been counted yet, nothing where there is no whole."""
    return f"({part} or vector(0)) / ({whole} > 0)"


def or_zero(expression):
    """0 where a proxy has not counted anything yet: its counters begin with their first event. Not for several series,
    beside which it would stand as one more."""
    return f"{expression} or vector(0)"


def top(count, expression):
    return f"topk({count}, {expression})"


def aggregation(operator, by=()):
    return f"{operator} by ({', '.join(by)}) " if by else operator
