"""Whether the service lives and is ready, what it measures, and which version it is."""

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from pydantic import BaseModel

from adapters.leadership import this_process
from api import version
from api.answers import Running
from api.outside import measure_outside
from api.signin import anyone
from api.storage import tried_places
from api.wiring import System
from api.work_state import work_state
from domain.errors import Unavailable

ROUTER = APIRouter(tags=["health"], dependencies=[Depends(anyone)])


class Alive(BaseModel):
    """The process answers."""

    status: str


class Version(BaseModel):
    """Version, build and libraries of the running software."""

    version: str
    build: str
    components: list[str]


@ROUTER.get("/health/live")
def live() -> Alive:
    """Answer that the process lives."""
    return Alive(status="live")


@ROUTER.get("/health/ready")
def ready(system: Running) -> Alive:
    """Answer that the record can be read and no projection stands still.

    Raises:
        Unavailable: a projection is stalled.
    """
    system.log.size()
    stalled = [each.name for each in system.runner.positions() if each.stalled_seq is not None]
    if stalled:
        message = f"projections stand still: {', '.join(stalled)}"
        raise Unavailable(message)
    return Alive(status="ready")


@ROUTER.get("/version")
def show_version() -> Version:
    """Return version, build and libraries [DRV-23]."""
    return Version(
        version=version.VERSION,
        build=str(version.build()),
        components=list(version.components()),
    )


@ROUTER.get("/metrics", response_class=Response)
def metrics(system: Running) -> Response:
    """Return counts for monitoring, in the Prometheus text format; nothing about people."""
    registry = CollectorRegistry()
    size = system.log.size()
    Gauge("vultus_log_records", "Records in the log.", registry=registry).set(size)
    found = system.runner.standings(system.clock.now())
    _gauge(
        registry,
        "vultus_projection_lag_records",
        "Records a projection has not applied yet.",
        {each.name: each.lag_records for each in found},
    )
    _gauge(
        registry,
        "vultus_projection_lag_seconds",
        "Age of the oldest record a projection has not applied yet.",
        {each.name: each.lag_seconds for each in found},
    )
    _gauge(
        registry,
        "vultus_projection_stalled",
        "1 when a projection stands still at a record it cannot apply.",
        {each.name: each.stalled_seq is not None for each in found},
    )
    _gauge(
        registry,
        "vultus_projection_stalled_seq",
        "The record a projection cannot apply, where there is one.",
        {each.name: each.stalled_seq for each in found},
    )
    _gauge(
        registry,
        "vultus_projection_readable",
        "0 while the rows of a projection were built by another version.",
        {each.name: each.readable for each in found},
    )
    _gauge(
        registry,
        "vultus_projection_rebuild_records",
        "Records applied by the rebuild of a projection, while there is one.",
        {each.name: each.rebuild.applied for each in found if each.rebuild is not None},
    )
    _measure_work(registry, system)
    _gauge(
        registry,
        "vultus_screen_reads_total",
        "Readings of screens by this process: at the standby, or at the primary and why.",
        system.screens.counts(),
        label="at",
    )
    places = tried_places(system)
    _gauge(
        registry,
        "vultus_writable",
        "0 while a place that recording needs takes nothing.",
        {each.name: each.writable for each in places},
        label="place",
    )
    _gauge(
        registry,
        "vultus_free_bytes",
        "Room left in a place that recording needs.",
        {each.name: each.free_bytes for each in places},
        label="place",
    )
    measure_outside(registry, system)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _measure_work(registry: CollectorRegistry, system: System) -> None:
    """Add how the workers stand, whichever process runs them."""
    state = work_state(system)
    leader = state.leader
    since = None if leader is None else leader.since
    halted = (state.stopped is not None) + len(state.halted)
    for name, text, value in (
        ("vultus_work_lag_records", "Records the workers have not come to yet.", state.behind),
        ("vultus_work_set_aside_records", "Records set aside.", len(state.set_aside)),
        ("vultus_work_halted", "Loops that ended at damage or at a failure.", halted),
        ("vultus_work_led", "1 while some process runs the workers.", leader is not None),
        (
            "vultus_work_leads",
            "1 while this process runs them.",
            leader is not None and leader.who == this_process(),
        ),
        (
            "vultus_work_led_since_seconds",
            "When the process that runs them took the lead, seconds since 1970; 0 for nobody.",
            0 if since is None else since.us / 1_000_000,
        ),
    ):
        Gauge(name, text, registry=registry).set(value)


def _gauge(
    registry: CollectorRegistry,
    name: str,
    text: str,
    values: Mapping[str, float | None],
    *,
    label: str = "projection",
) -> None:
    """Add a measure of each projection, or of each of something else, that has one."""
    gauge = Gauge(name, text, [label], registry=registry)
    for each, value in values.items():
        if value is not None:
            gauge.labels(each).set(value)
