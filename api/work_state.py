"""How the workers of a record stand, for whoever looks at it from any process.

Rules kept here:

1. Everything is asked of the database or of the lock itself, so every server says the same.
"""

from dataclasses import dataclass
from typing import Final

from adapters.leadership import Leader, file_leader, postgres_leader
from adapters.positions import DatabasePositions, SetAside, SetAsideRecords, Stop
from adapters.steps import READER
from api.wiring import System

LOCK_FILE: Final = "work.lock"
PROJECTIONS: Final = "projections"
REBUILDS: Final = "rebuilds"
CHECKPOINTS: Final = "checkpoints"
COPIES: Final = "copies"
SWEEPS: Final = "sweeps"
OTHERS: Final = (PROJECTIONS, REBUILDS, CHECKPOINTS, COPIES, SWEEPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkState:
    """How the workers of a record stand, whichever process runs them.

    Attributes:
        position: The last record they reacted to or set aside; -1 for none.
        behind: Records they have not come to yet.
        stopped: Where they stopped for damage; none while they go on.
        set_aside: Records whose steps failed, and those that wait behind them.
        halted: The other loops that ended at damage, by name, with the size of the log then.
        leader: Who runs them now; none where nobody does.
    """

    position: int
    behind: int
    stopped: Stop | None
    set_aside: tuple[SetAside, ...]
    halted: dict[str, Stop]
    leader: Leader | None


def work_state(system: System) -> WorkState:
    """Return how the workers stand.

    Raises:
        Unavailable: the database cannot be read.
    """
    positions = DatabasePositions(system.engine)
    position = positions.load(READER)
    others = ((name, positions.stopped(name)) for name in OTHERS)
    return WorkState(
        position=position,
        behind=max(0, system.log.size() - 1 - position),
        stopped=positions.stopped(READER),
        set_aside=SetAsideRecords(system.engine, READER).all(),
        halted={name: stop for name, stop in others if stop is not None},
        leader=leader(system),
    )


def leader(system: System) -> Leader | None:
    """Return who runs the workers of a record now; none where nobody does.

    Raises:
        Unavailable: the database cannot be read.
    """
    if system.engine.dialect.name == "postgresql":
        return postgres_leader(system.engine)
    return file_leader(system.settings.data / LOCK_FILE)
