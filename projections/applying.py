"""Applies a run of records to projections that stand at the same place.

Rules kept here:

1. A record is given to each projection that handles its name, in order of ``seq``. A gap is
   refused.
2. What was recorded about a subject while the erasure was under way comes without its content.
3. Everything is written when this returns; nothing is kept for later.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final

import sqlalchemy as sa

from domain.errors import ChainBroken, IntegrityFailure, Unavailable
from domain.events.record import Record, Shredded
from projections.rows import erased_subject
from projections.statements import Place
from projections.tables import ERASED, Projection
from projections.writing import Rows

AWAY: Final = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.InternalError,
    Unavailable,
)
"""What a database that is away or busy raises: no fault of a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was applied.

    Attributes:
        count: Number of records, each counted once for each projection.
        erased: Whether one of them erased a subject.
        stopped: Names of the projections that stopped before a record.
    """

    count: int = 0
    erased: bool = False
    stopped: frozenset[str] = field(default_factory=frozenset)

    def and_then(self, more: "Done") -> "Done":
        """Return this and what was applied after it."""
        return Done(
            count=self.count + more.count,
            erased=self.erased or more.erased,
            stopped=self.stopped | more.stopped,
        )


class CannotApply(Exception):
    """A record that a projection cannot apply; ``__cause__`` says why."""

    def __init__(self, seq: int) -> None:
        """Name the record, or in a run that was not careful, the first of the run."""
        super().__init__(seq)
        self.seq = seq


def apply_records(
    connection: sa.Connection,
    projections: Sequence[Projection],
    records: Sequence[Record],
    *,
    after: int,
    place: Place = Place.LIVE,
    opened: AbstractSet[str] | None = None,
    index: Callable[[sa.Table, Sequence[str]], None] | None = None,
    careful: bool = False,
) -> None:
    """Apply records that must follow ``after`` to all of these projections.

    Args:
        connection: A transaction that holds the projections' places.
        projections: They all stand at ``after``.
        records: The records.
        after: The last record applied before.
        place: Where the tables stand.
        opened: See ``Rows``.
        index: See ``Rows``.
        careful: Write after each record, so that an error names the one it belongs to.

    Raises:
        ChainBroken: a record is missing or doubled.
        CannotApply: one of the projections cannot apply one of the records.
    """
    rows = Rows(connection, place=place, opened=opened, index=index)
    erased = Erased(connection, place)
    erased.load(projections, records)
    takers: dict[str, list[Projection]] = {}
    seq = after
    for record in records:
        if record.seq != seq + 1:
            message = f"record {record.seq} came after {seq}"
            raise ChainBroken(message)
        seq = record.seq
        if record.name not in takers:
            takers[record.name] = [each for each in projections if handles(each, record.name)]
        try:
            for each in takers[record.name]:
                each.apply(rows, erased.seen_by(each, record))
            if careful:
                rows.flush()
        except (*AWAY, IntegrityFailure):
            raise
        except Exception as error:
            raise CannotApply(seq) from error
        subject = erased_subject(record)
        if subject is not None:
            erased.add(projections, f"subject:{subject}")
    try:
        rows.flush()
    except AWAY:
        raise
    except Exception as error:
        raise CannotApply(after + 1) from error


def handles(projection: Projection, name: str) -> bool:
    """Return whether a projection does anything with events of a name."""
    return projection.handles is None or name in projection.handles


class Erased:
    """The data keys whose destruction each projection has applied."""

    def __init__(self, connection: sa.Connection, place: Place) -> None:
        """Know none yet."""
        self._connection = connection
        self._suffix = place.value
        self._keys: dict[str, set[str]] = {}

    def load(self, projections: Sequence[Projection], records: Sequence[Record]) -> None:
        """Find which of the keys of records are known to be destroyed."""
        keys = {each.key for each in records if not isinstance(each.event, Shredded)}
        if not keys:
            return
        names = {f"{each.name}{self._suffix}": each.name for each in projections}
        query = sa.select(ERASED.c.projection, ERASED.c.key).where(
            ERASED.c.projection.in_(sorted(names)), ERASED.c.key.in_(sorted(keys))
        )
        for name, key in self._connection.execute(query):
            self._keys.setdefault(names[name], set()).add(key)

    def seen_by(self, projection: Projection, record: Record) -> Record:
        """Return a record as a projection may see it: without content where that was erased."""
        keys = self._keys.get(projection.name) if self._keys else None
        if not keys or record.key not in keys or isinstance(record.event, Shredded):
            return record
        return replace(record, event=Shredded(record.name))

    def add(self, projections: Sequence[Projection], key: str) -> None:
        """Remember that these projections applied the destruction of a key."""
        rows = Rows(self._connection)
        for each in projections:
            self._keys.setdefault(each.name, set()).add(key)
            rows.put(ERASED, projection=f"{each.name}{self._suffix}", key=key)
        rows.flush()
