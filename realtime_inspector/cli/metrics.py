"""`--metrics`: what a proxy counts, for Prometheus. It needs the extra `metrics`, which is prometheus-client.

It listens at an address of its own: on the clients' port a scrape would reach one of several workers, whoever reaches
the proxy could read it, and the modes that intercept have no port that they answer on themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from realtime_inspector import __version__
from realtime_inspector.capture.figures import Figures
from realtime_inspector.cli import diagnostics
from realtime_inspector.cli.serving import listen_address
from realtime_inspector.errors import UsageError, words_of

if TYPE_CHECKING:
    from prometheus_client.core import Metric

INSTALL = "pip install 'realtime-inspector[metrics]'"

_PREFIX = "realtime_inspector_"


def require() -> None:
    """Check that the extra is there.

    Raises:
        UsageError: If it is not, with how to get it.
    """
    if find_spec("prometheus_client") is None:
        raise UsageError(f"--metrics needs prometheus-client; install it with `{INSTALL}`")


@contextmanager
def served(listen: str | None, figures: Callable[[], Figures]) -> Iterator[str]:
    """Answer scrapes in a thread of their own, and give the URL; do nothing without an address.

    Args:
        listen: `HOST:PORT`; port 0 takes a free one.
        figures: Asked at every scrape, from that thread.

    Raises:
        UsageError: If the address is none, or taken, or the extra is not there.
    """
    if listen is None:
        yield ""
        return
    require()
    from prometheus_client import CollectorRegistry, start_http_server

    host, port = listen_address(listen, "--metrics")
    registry = CollectorRegistry()
    registry.register(_Collector(figures))
    try:
        server, thread = start_http_server(port, host, registry)
    except (OSError, UnicodeError) as error:
        why = f"{host!r} is no host" if isinstance(error, UnicodeError) else words_of(error)
        raise UsageError(f"--metrics {listen}: cannot listen there: {why}; choose another address") from error
    try:
        url = f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}/metrics"
        diagnostics.say(f"metrics at {url}")
        yield url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Collector:
    """Makes metrics of figures, when they are asked for."""

    def __init__(self, figures: Callable[[], Figures]) -> None:
        self._figures = figures

    def describe(self) -> list[Metric]:
        """Say nothing: the figures are not asked for before somebody wants them."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        from prometheus_client.core import InfoMetricFamily

        now = self._figures()
        info = InfoMetricFamily(f"{_PREFIX}build", "The version that runs")
        info.add_metric([], {"version": __version__})
        yield info
        yield _counter("connections", "Connections of clients that were accepted", now.connections)
        yield _gauge("connections_open", "Connections of clients that are open", now.open)
        yield _counters("messages", "WebSocket messages that were recorded, by who sent them", "side", now.messages)
        yield _counters("bytes", "Bytes of connections, by who sent them", "side", now.bytes)
        yield _counter("gaps", "Places in recordings where something is missing", now.gaps)
        yield _counter("lines_lost", "Lines that could not be recorded", now.lost)
        yield _gauge("writer_queue_bytes", "Bytes of lines that wait for the disk", now.queue_bytes)
        yield _counters("upstream_failures", "Upstreams that were not reached, by reason", "reason", now.failures)
        yield _counters("recorder_errors", "Failures to make a line or to write one", "what", now.errors)


def _counter(name: str, what: str, value: int) -> Metric:
    from prometheus_client.core import CounterMetricFamily

    return CounterMetricFamily(_PREFIX + name, what, value=value)


def _gauge(name: str, what: str, value: int) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(_PREFIX + name, what, value=value)


def _counters(name: str, what: str, label: str, values: Mapping[str, int]) -> Metric:
    from prometheus_client.core import CounterMetricFamily

    metric = CounterMetricFamily(_PREFIX + name, what, labels=[label])
    for each, value in sorted(values.items()):
        metric.add_metric([each], value)
    return metric
