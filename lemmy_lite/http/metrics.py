"""Metrics for Prometheus, on an address of their own (`prometheus` in the configuration), never on the site's.

The library's small server runs in a thread and asks the event loop for the figures of the moment: nothing is kept up to date between
two looks. Names that Lemmy has (`lemmy_db_pool_…`) are kept; ours begin with `lemmy_lite_`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeout
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from lemmy_lite.config import Config
from lemmy_lite.http.listening import PortInUse

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

    from prometheus_client.metrics_core import Metric

PATIENCE = 5.0
"""Seconds that the event loop has to answer; a look that takes longer shows the process's own figures alone."""


class Figure(NamedTuple):
    """One metric: how it is named and explained, and its values by labels. `kind` is gauge or counter (whose name gets `_total`)."""

    name: str
    help: str
    values: Mapping[tuple[str, ...], float]
    labels: tuple[str, ...] = ()
    kind: str = "gauge"


class Spread(NamedTuple):
    """A histogram: by labels, how many values were within each bound (counted up, the last is +Inf), and their sum."""

    name: str
    help: str
    values: Mapping[tuple[str, ...], tuple[Sequence[tuple[str, float]], float]]
    labels: tuple[str, ...]


def gauge(name: str, help_: str, value: float) -> Figure:
    """A metric of one value, which rises and falls."""
    return Figure(name, help_, {(): value})


def counter(name: str, help_: str, value: float) -> Figure:
    """A metric of one value, which only rises."""
    return Figure(name, help_, {(): value}, kind="counter")


Gather = Callable[[], Awaitable[list[Figure | Spread]]]


class Metrics:
    """The listener. `gather` gives the figures of the moment, on the event loop."""

    def __init__(self, config: Config, gather: Gather) -> None:
        self._config = config
        self._gather = gather
        self._server: WSGIServer | None = None
        self._thread: Thread | None = None

    @property
    def port(self) -> int | None:
        """Where it listens, if it does."""
        return None if self._server is None else self._server.server_port

    async def start(self) -> None:
        """Listen, where the configuration says so. Raises PortInUse where that cannot be."""
        where = self._config.prometheus
        if where is None:
            return
        from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server

        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(_Collector(asyncio.get_running_loop(), self._gather))
        try:
            self._server, self._thread = start_http_server(where.port, where.bind, registry)
        except OSError as error:
            raise PortInUse(f"cannot serve metrics on {where.bind} port {where.port}: {error.strerror}") from error

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None and self._thread is not None:
            await asyncio.to_thread(self._server.shutdown)
            self._server.server_close()
            await asyncio.to_thread(self._thread.join)


class _Collector:
    """What the library asks at each look, in its own thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, gather: Gather) -> None:
        self._loop = loop
        self._gather = gather

    def describe(self) -> Iterable["Metric"]:
        """Nothing before the first look: the event loop is busy starting."""
        return []

    def collect(self) -> Iterable["Metric"]:
        """The figures in the library's words."""

        async def gather() -> list[Figure | Spread]:
            return await self._gather()

        asked = asyncio.run_coroutine_threadsafe(gather(), self._loop)
        try:
            figures = asked.result(PATIENCE)
        except FutureTimeout:
            asked.cancel()
            figures = [gauge("lemmy_lite_busy", "1 when the figures could not be gathered in time.", 1)]
        return [_spread(each) if isinstance(each, Spread) else _figure(each) for each in figures]


def _figure(figure: Figure) -> "Metric":
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

    family: Any = (CounterMetricFamily if figure.kind == "counter" else GaugeMetricFamily)(figure.name, figure.help, labels=figure.labels)
    for labels, value in figure.values.items():
        family.add_metric(labels, value)
    found: Metric = family
    return found


def _spread(spread: Spread) -> "Metric":
    from prometheus_client.metrics_core import HistogramMetricFamily

    family = HistogramMetricFamily(spread.name, spread.help, labels=spread.labels)
    for labels, (buckets, total) in spread.values.items():
        family.add_metric(labels, list(buckets), total)
    return family
