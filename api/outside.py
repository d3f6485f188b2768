"""How places outside stand, for whoever looks at the record's health; and what contradicts it.

Rules kept here:

1. A place is late when a checkpoint has waited for it longer than the settings allow; the oldest
   one that it lacks counts.
2. A place that contradicts the log is an alarm: it is logged, measured, shown and recorded, once
   for as long as it lasts.
"""

from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge

from adapters.blobs.location import Bucket
from adapters.ledger.place_states import PlaceState
from adapters.ledger.places import Destination
from api.wiring import System
from domain.events.clinic import IntegrityViolationDetected
from domain.handling import update
from domain.rules.clinic import CLINIC, Clinic
from domain.values.actor import Actor
from domain.values.time import ServerTime

OUTSIDE = Actor.service("checkpoint-copies")
"""Who records what a place outside contradicts; nobody looked at the record itself then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePlace:
    """How a place outside stands.

    Attributes:
        place: Its name; no secret.
        kind: ``folder``, ``bucket`` or ``witness``.
        label: Kind and number, for those who need not know where it is.
        size: Size of the largest checkpoint it has; 0 for none.
        kept_at: When it took that; none before.
        waiting_s: How long the oldest checkpoint it lacks has been waiting, in seconds.
        late: Whether that is longer than the settings allow.
        problem: Why it did not take the last one; empty when it did.
        alarm: How it contradicts the log; empty when it does not.
    """

    place: str
    kind: str
    label: str
    size: int
    kept_at: ServerTime | None
    waiting_s: float
    late: bool
    problem: str
    alarm: str


def outside_places(system: System) -> tuple[OutsidePlace, ...]:
    """Return how every place outside stands, in the order of the settings.

    Raises:
        Unavailable: the database cannot be read.
    """
    found = zip(system.settings.checkpoint_copies, system.copies.states(), strict=True)
    return tuple(
        _place(system, destination, state, number)
        for number, (destination, state) in enumerate(found, start=1)
    )


class OutsideWork:
    """Brings places outside up to date, turn by turn, and records what contradicts the log."""

    def __init__(self, system: System) -> None:
        """Work for a system."""
        self._system = system
        self._told: frozenset[str] = frozenset()

    def turn(self) -> None:
        """Bring every place up to date; may take as long as they do.

        Raises:
            IntegrityFailure: what was recorded of the log's keys does not hold.
            Unavailable: the database is away.
        """
        self._system.checkpointer.copy()
        alarms = {each.place: each.alarm for each in self._system.copies.states() if each.alarm}
        if not alarms.keys() <= self._told:
            self._record(alarms)
        self._told = frozenset(alarms)

    def _record(self, alarms: dict[str, str]) -> None:
        size = self._system.log.size()

        def decide(clinic: Clinic) -> tuple[IntegrityViolationDetected, ...]:
            problems = tuple(f"{place}: {alarm}" for place, alarm in alarms.items())
            known = [each.partition(": ")[0] for each in clinic.problems]
            if all(place in known for place in alarms):
                return ()
            return (IntegrityViolationDetected(size=size, problems=problems),)

        context = self._system.context(OUTSIDE)
        update(self._system.log, CLINIC, self._system.clinic.stream, decide, context)


def measure_outside(registry: CollectorRegistry, system: System) -> None:
    """Add how places outside stand to what is measured; no place is named."""
    places = outside_places(system)
    for name, text, values in (
        ("copy_size_records", "Size of the largest checkpoint there.", [e.size for e in places]),
        (
            "copy_waiting_seconds",
            "How long the oldest checkpoint that is not there has waited.",
            [e.waiting_s for e in places],
        ),
        ("copy_late", "1 when it waited longer than it may.", [e.late for e in places]),
        (
            "contradicted",
            "1 while the place shows or says what contradicts the log.",
            [bool(e.alarm) for e in places],
        ),
    ):
        gauge = Gauge(f"vultus_checkpoint_{name}", text, ["place"], registry=registry)
        for place, value in zip(places, values, strict=True):
            gauge.labels(place.label).set(value)
    conflicts = sum(each.conflicts for each in system.witness.witnessed())
    text = "Checkpoints of witnessed logs that contradict what was cosigned."
    Gauge("vultus_witness_conflicts", text, registry=registry).set(conflicts)


def _place(
    system: System, destination: Destination, state: PlaceState, number: int
) -> OutsidePlace:
    waited = system.shelf.covering(state.size)
    waiting_us = 0 if waited is None else max(0, system.clock.now().us - waited.signed_at.us)
    kind = _kind(destination)
    return OutsidePlace(
        place=state.place,
        kind=kind,
        label=f"{kind}-{number}",
        size=state.size,
        kept_at=state.kept_at,
        waiting_s=waiting_us / 1_000_000,
        late=waiting_us > system.settings.checkpoint_copies_late_minutes * 60_000_000,
        problem=state.problem,
        alarm=state.alarm,
    )


def _kind(destination: Destination) -> str:
    if isinstance(destination, Path):
        return "folder"
    return "bucket" if isinstance(destination, Bucket) else "witness"
