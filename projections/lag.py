"""How far each projection is behind the log, in records and in time, and how far a rebuild is.

Rules kept here:

1. Behind by time is the age of the oldest record that was not applied yet: it grows while a
   projection stands still, however few records come.
2. Rows that were built by another version are not readable, however far they have come.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.sql.visitors import iterate

from domain.errors import IntegrityFailure, Unavailable
from domain.ports import EventLog
from domain.values.time import ServerTime
from projections.position import BEFORE_THE_FIRST, load_positions
from projections.tables import REBUILD, Projection


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """How far a rebuild beside the live tables has come.

    Attributes:
        applied: Records applied.
        total: Records there are.
        records_per_s: How fast it goes; none before the first measure.
    """

    applied: int
    total: int
    records_per_s: float | None

    @property
    def seconds_left(self) -> float | None:
        """How long it will take at this rate; none where the rate is not known."""
        if not self.records_per_s:
            return None
        return (self.total - self.applied) / self.records_per_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one projection stands.

    Attributes:
        name: The projection.
        position: The last record applied, -1 for none.
        lag_records: Records it has not applied.
        lag_seconds: Age of the oldest of them; 0 when there is none, none when it is unreadable.
        stalled_seq: The record it cannot apply, when there is one.
        stalled_why: The kind of error, when it is stalled.
        readable: Whether its rows were built by the version that reads them.
        rebuild: How far a rebuild is, while there is one.
    """

    name: str
    position: int
    lag_records: int
    lag_seconds: float | None
    stalled_seq: int | None
    stalled_why: str | None
    readable: bool
    rebuild: Rebuild | None


class BeingRebuilt(Unavailable):
    """What is asked for stands in tables that are being rebuilt; ask again when they are.

    Attributes:
        names: The projections that own those tables.
        rebuild: The slowest of their rebuilds; none before they begin.
    """

    def __init__(self, names: Sequence[str], rebuild: Rebuild | None) -> None:
        """Name the projections and how far they are."""
        far = "" if rebuild is None else f": {rebuild.applied} of {rebuild.total} records"
        super().__init__(f"{', '.join(names)} being rebuilt{far}")
        self.names = tuple(names)
        self.rebuild = rebuild


def rebuilds(connection: sa.Connection, size: int) -> dict[str, Rebuild]:
    """Return how far each rebuild that was begun is, by name."""
    return {
        row["name"]: Rebuild(
            applied=row["seq"] + 1,
            total=max(size, row["seq"] + 1),
            records_per_s=row["records_per_s"],
        )
        for row in connection.execute(sa.select(REBUILD)).mappings()
    }


def refuse_unreadable(
    engine: sa.Engine, log: EventLog, hidden: Sequence[Projection], statement: sa.ClauseElement
) -> None:
    """Refuse a statement that needs a table of a projection that cannot be read.

    Raises:
        BeingRebuilt: it does.
    """
    asked = {each for each in iterate(statement) if isinstance(each, sa.Table)}
    wanted = [each.name for each in hidden if not asked.isdisjoint(each.tables)]
    if wanted:
        with engine.connect() as connection:
            going = rebuilds(connection, log.size())
        begun = [going[name] for name in wanted if name in going]
        raise BeingRebuilt(wanted, min(begun, key=lambda each: each.applied, default=None))


def standings(
    connection: sa.Connection, log: EventLog, projections: Sequence[Projection], now: ServerTime
) -> tuple[Standing, ...]:
    """Return how each projection stands, in order of name."""
    versions = {each.name: each.version for each in projections}
    found = load_positions(connection, versions)
    size = log.size()
    going = rebuilds(connection, size)
    ages = {seq: _age_s(log, seq, now) for seq in {each.seq for each in found} if seq < size - 1}
    return tuple(
        Standing(
            name=each.name,
            position=each.seq,
            lag_records=max(0, size - 1 - each.seq),
            lag_seconds=ages.get(each.seq, 0.0),
            stalled_seq=each.stalled_seq,
            stalled_why=each.stalled_why,
            readable=each.version in {BEFORE_THE_FIRST, versions[each.name]},
            rebuild=going.get(each.name),
        )
        for each in found
    )


def _age_s(log: EventLog, seq: int, now: ServerTime) -> float | None:
    """Return how long ago the record after ``seq`` was recorded."""
    try:
        following = log.after(seq, limit=1)
    except IntegrityFailure:
        return None  # the log is damaged there; the projection stands before it and says so
    return max(0.0, (now.us - following[0].committed_at.us) / 1e6) if following else 0.0
