"""Replay: the read models as they would have been at a past position or moment.

Rules kept here:

1. Nothing of the live system is touched: the past is built in a database of its own.
2. Content erased since then stays erased, and is said to be.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from adapters.database import open_engine
from domain.errors import MalformedInput
from domain.events.record import Record, Shredded
from domain.ports import EventLog
from domain.values.time import ServerTime
from projections.catalogue import ALL
from projections.rebuilding import Progress
from projections.runner import ProjectionRunner
from projections.tables import metadata

PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The read models at a past position.

    Attributes:
        seq: The last record that counts; -1 for none.
        at: When it was recorded.
        erased: Records up to there whose content was erased since.
        engine: Database of the read models.
    """

    seq: int
    at: str | None
    erased: int
    engine: sa.Engine


def position_of(log: EventLog, until: str) -> int:
    """Return the last record that counts: a place in the log, or a moment in RFC 3339.

    Raises:
        MalformedInput: the text is neither.
    """
    if until.isascii() and until.isdigit():
        return min(int(until), log.size() - 1)
    moment = ServerTime.parse(completed(until))
    seq = -1
    for record in _records(log):
        if record.committed_at > moment:
            break
        seq = record.seq
    return seq


@contextmanager
def past(log: EventLog, seq: int, *, progress: Progress | None = None) -> Iterator[Past]:
    """Build the read models as they were after a record."""
    with TemporaryDirectory(prefix="vultus-replay-") as folder:
        database = Path(folder) / "past.sqlite"
        database.touch(mode=0o600)
        engine = open_engine(f"sqlite:///{database}")
        try:
            metadata.create_all(engine)
            runner = ProjectionRunner(engine, log, ALL)
            for projection in ALL:
                runner.rebuild(projection.name, until=seq, progress=progress)
            seen = [record for record in _records(log) if record.seq <= seq]
            yield Past(
                seq=seq,
                at=str(seen[-1].committed_at) if seen else None,
                erased=sum(isinstance(record.event, Shredded) for record in seen),
                engine=engine,
            )
        finally:
            engine.dispose()


def _records(log: EventLog) -> Iterator[Record]:
    seq = -1
    while page := log.after(seq, limit=PAGE):
        yield from page
        seq = page[-1].seq


def completed(text: str) -> str:
    """Return the moment with the six decimals it may have been written without."""
    if not text.endswith("Z"):
        message = "write --until as a place in the log, or in UTC like 2026-03-03T09:14:00Z"
        raise MalformedInput(message)
    whole, _, decimals = text[:-1].partition(".")
    return f"{whole}.{decimals.ljust(6, '0')}Z"
