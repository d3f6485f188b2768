"""How places outside stand, kept beside the log so that every process can tell it.

Rules kept here:

1. A state says what was seen last, not what is hoped for; it can be thrown away and is found again.
2. Nothing in it is secret.
"""

from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from adapters.database import engine_errors, reading
from domain.values.time import ServerTime

_PLACES = sa.table(
    "checkpoint_places",
    sa.column("place", sa.Text),
    sa.column("size", sa.BigInteger),
    sa.column("kept_at_us", sa.BigInteger),
    sa.column("problem", sa.Text),
    sa.column("alarm", sa.Text),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceState:
    """How a place stands.

    Attributes:
        place: Its name; no secret.
        size: Size of the largest checkpoint it is known to have; 0 for none.
        kept_at: When it was last known to have the newest checkpoint of that time.
        problem: Why it did not take the last one; empty when it did.
        alarm: How it contradicts the log; empty when it does not.
    """

    place: str
    size: int = 0
    kept_at: ServerTime | None = None
    problem: str = ""
    alarm: str = ""


class PlaceStates(Protocol):
    """Remembers how places stand."""

    def all(self) -> dict[str, PlaceState]:
        """Return every state by the place's name."""
        ...

    def put(self, state: PlaceState) -> None:
        """Remember a state."""
        ...


class MemoryPlaceStates:
    """Remembers as long as the process lives."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._states: dict[str, PlaceState] = {}

    def all(self) -> dict[str, PlaceState]:
        """Return every state by the place's name."""
        return dict(self._states)

    def put(self, state: PlaceState) -> None:
        """Remember a state."""
        self._states[state.place] = state


class DatabasePlaceStates:
    """Remembers in the database of the log."""

    def __init__(self, engine: sa.Engine) -> None:
        """Use the table ``checkpoint_places`` of this database."""
        self._engine = engine

    def all(self) -> dict[str, PlaceState]:
        """Return every state by the place's name."""
        with engine_errors(), reading(self._engine).connect() as connection:
            return {
                row.place: PlaceState(
                    place=row.place,
                    size=row.size,
                    kept_at=None if row.kept_at_us is None else ServerTime(row.kept_at_us),
                    problem=row.problem,
                    alarm=row.alarm,
                )
                for row in connection.execute(sa.select(_PLACES))
            }

    def put(self, state: PlaceState) -> None:
        """Remember a state."""
        values = {
            "size": state.size,
            "kept_at_us": None if state.kept_at is None else state.kept_at.us,
            "problem": state.problem,
            "alarm": state.alarm,
        }
        there = _PLACES.c.place == state.place
        with engine_errors(), self._engine.begin() as connection:
            found = connection.execute(sa.update(_PLACES).where(there).values(values))
            if not found.rowcount:
                connection.execute(sa.insert(_PLACES).values(place=state.place, **values))
