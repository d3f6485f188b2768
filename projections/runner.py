"""Applies records to projections: rows and position in one transaction, in order, none left out.

Rules kept here:

1. A projection sees every record exactly once, in order of ``seq``; a gap stops it.
2. A record that cannot be applied stops its projection where it is, visibly, and no other.
3. A projection whose version changed is rebuilt before it is read.
4. A rebuild happens in one transaction: readers see the old rows until the new ones are complete.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from domain.errors import ChainBroken, IntegrityFailure, NotFound
from domain.events.record import Record
from domain.ports import EventLog
from projections.tables import POSITION, Projection

BATCH = 500
_log = structlog.get_logger()

Progress = Callable[[str, int, int], None]
"""Called with the projection's name, records applied and records in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a projection has come.

    Attributes:
        name: The projection.
        version: The version its rows were built with.
        seq: The last record applied, -1 for none.
        stalled_seq: The record it cannot apply, when there is one.
        stalled_why: The kind of error, when it is stalled.
    """

    name: str
    version: int
    seq: int
    stalled_seq: int | None
    stalled_why: str | None


class ProjectionRunner:
    """Keeps a set of projections up with a log."""

    def __init__(
        self,
        engine: sa.Engine,
        log: EventLog,
        projections: Sequence[Projection],
        *,
        reads: sa.Engine | None = None,
    ) -> None:
        """Keep these projections of this log in this database.

        Args:
            engine: The database, for writing.
            log: The log.
            projections: What to keep.
            reads: The database, for reading only, so that looking never waits for a writer.
        """
        self._reads = reads or engine
        self._engine = engine
        self._log = log
        self._projections = {each.name: each for each in projections}
        self._moved = threading.Condition()
        self._turn = threading.Lock()

    def prepare(self, progress: Progress | None = None) -> tuple[str, ...]:
        """Rebuild every projection whose version changed and return their names."""
        found = {each.name: each.version for each in self.positions()}
        changed = tuple(
            name for name, each in self._projections.items() if found.get(name) != each.version
        )
        for name in changed:
            self.rebuild(name, progress=progress)
        return changed

    def catch_up(self) -> int:
        """Apply everything recorded since and return how many records were applied in all."""
        applied = 0
        with self._turn:
            for projection in self._projections.values():
                while (count := self._apply_batch(projection)) > 0:
                    applied += count
        if applied:
            with self._moved:
                self._moved.notify_all()
        return applied

    def rebuild(
        self, name: str, *, until: int | None = None, progress: Progress | None = None
    ) -> None:
        """Empty a projection and fill it again from the log, up to ``until`` where given.

        Raises:
            NotFound: there is no projection of this name.
        """
        projection = self._projections.get(name)
        if projection is None:
            message = f"there is no projection {name}"
            raise NotFound(message)
        end = self._log.size() if until is None else until + 1
        with self._turn, self._engine.begin() as connection:
            for table in projection.tables:
                connection.execute(sa.delete(table))
            connection.execute(sa.delete(POSITION).where(POSITION.c.name == name))
            seq = -1
            while seq + 1 < end:
                records = self._log.after(seq, limit=min(BATCH, end - seq - 1))
                for record in records:
                    _follows(record, seq)
                    projection.apply(connection, record)
                    seq = record.seq
                if progress is not None:
                    progress(name, seq + 1, end)
            connection.execute(
                sa.insert(POSITION).values(name=name, version=projection.version, seq=seq)
            )

    def positions(self) -> tuple[Position, ...]:
        """Return how far each projection has come, in order of name."""
        with self._reads.connect() as connection:
            rows = connection.execute(sa.select(POSITION).order_by(POSITION.c.name)).all()
        return tuple(
            Position(
                name=row.name,
                version=row.version,
                seq=row.seq,
                stalled_seq=row.stalled_seq,
                stalled_why=row.stalled_why,
            )
            for row in rows
        )

    def position(self) -> int:
        """Return the position that every projection has reached."""
        return min((each.seq for each in self.positions()), default=-1)

    def reached(self, seq: int, *, timeout_s: float) -> bool:
        """Wait until every projection has applied ``seq``; false after the time-out."""
        deadline = time.monotonic() + timeout_s
        while self.position() < seq:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._moved:
                # Another process may do the applying, so look again soon even without notice.
                self._moved.wait(min(left, 0.05))
        return True

    def follow(self, stop: threading.Event) -> None:
        """Keep up with the log until told to stop."""
        while not stop.is_set():
            self.catch_up()
            self._log.wait(self._log.size() - 1, timeout_s=0.5)

    def _apply_batch(self, projection: Projection) -> int:
        try:
            return self._apply(projection, BATCH)
        except IntegrityFailure:
            raise
        except Exception:  # noqa: BLE001 - found out below which record it was
            _log.warning("projection batch failed", projection=projection.name)
        # The batch was rolled back whole; going one by one shows the record that stops it.
        try:
            return self._apply(projection, 1)
        except Exception as error:  # noqa: BLE001 - made visible with its position
            self._stall(projection, error)
            return 0

    def _apply(self, projection: Projection, limit: int) -> int:
        with self._engine.begin() as connection:
            row = connection.execute(
                sa.select(POSITION.c.seq, POSITION.c.stalled_seq)
                .where(POSITION.c.name == projection.name)
                .with_for_update()
            ).one_or_none()
            seq = -1 if row is None else row.seq
            records = self._log.after(seq, limit=limit)
            for record in records:
                _follows(record, seq)
                projection.apply(connection, record)
                seq = record.seq
            if row is None:
                connection.execute(
                    sa.insert(POSITION).values(
                        name=projection.name, version=projection.version, seq=seq
                    )
                )
            elif records:
                connection.execute(
                    sa.update(POSITION)
                    .where(POSITION.c.name == projection.name)
                    .values(seq=seq, stalled_seq=None, stalled_why=None)
                )
        return len(records)

    def _stall(self, projection: Projection, error: Exception) -> None:
        why = type(error).__name__
        with self._engine.begin() as connection:
            seq = connection.execute(
                sa.select(POSITION.c.seq).where(POSITION.c.name == projection.name)
            ).scalar_one_or_none()
            at = (-1 if seq is None else seq) + 1
            if seq is None:
                connection.execute(
                    sa.insert(POSITION).values(
                        name=projection.name, version=projection.version, seq=-1
                    )
                )
            connection.execute(
                sa.update(POSITION)
                .where(POSITION.c.name == projection.name)
                .values(stalled_seq=at, stalled_why=why)
            )
        _log.error("projection stalled", projection=projection.name, seq=at, error=why)


def _follows(record: Record, seq: int) -> None:
    if record.seq != seq + 1:
        message = f"record {record.seq} came after {seq}"
        raise ChainBroken(message)
