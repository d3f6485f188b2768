"""Applies records to projections: rows and position in one transaction, in order, none left out.

Rules kept here:

1. A projection sees every record once, in order of ``seq``, however many processes apply: who
   writes holds the projection's position. A gap stops it.
2. A record that cannot be applied stops its projection just before it, visibly, and no other. It is
   tried again with every turn.
3. A projection whose version changed is rebuilt before it is read. Rows of another version belong
   to another build of this software and are left alone.
4. A rebuild happens in one transaction: readers see the old rows until the new ones are complete.
5. What was recorded about a subject while the erasure was under way comes without its content.
6. In SQLite, removed rows are overwritten and leave the write-ahead log. PostgreSQL overwrites
   them at its next vacuum, not before.
7. A database that is away or busy is no fault of a record: the error goes to the caller, and the
   next turn begins where this one did.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

import sqlalchemy as sa
import structlog

from domain.errors import ChainBroken, IntegrityFailure, NotFound, Unavailable
from domain.events.record import Record, Shredded
from domain.ports import EventLog
from domain.values.time import ServerTime
from projections.lag import Standing, standings
from projections.position import Position, hold_place, load_positions, set_place, set_stall
from projections.rows import erased_subject, put
from projections.tables import ERASED, Projection

BATCH = 500
LOOK_AGAIN_S = 0.05
_AWAY = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError, Unavailable)
_log = structlog.get_logger()

Progress = Callable[[str, int, int], None]
"""Called with the projection's name, records applied and records in all."""


class _CannotApply(Exception):
    """A record that its projection cannot apply; ``__cause__`` says why."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq)
        self.seq = seq


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What was applied.

    Attributes:
        count: Number of records.
        seq: The last of them, -1 for none.
        erased: Whether one of them erased a subject.
    """

    count: int = 0
    seq: int = -1
    erased: bool = False

    def and_then(self, more: "_Done") -> "_Done":
        """Return this and what was applied after it."""
        return _Done(
            count=self.count + more.count,
            seq=max(self.seq, more.seq),
            erased=self.erased or more.erased,
        )


_NOTHING = _Done()
_NO_PAGE: tuple[int, int, tuple[Record, ...]] = (-1, 0, ())


class ProjectionRunner:
    """Keeps a set of projections up with a log."""

    def __init__(self, engine: sa.Engine, log: EventLog, projections: Sequence[Projection]) -> None:
        """Keep these projections of this log in this database.

        An engine on SQLite begins a transaction that may write with the write lock, and one whose
        option ``reading`` is set without.
        """
        self._engine = engine
        self._reading = engine.execution_options(reading=True, postgresql_readonly=True)
        self._log = log
        self._projections = {each.name: each for each in projections}
        self._moved = threading.Condition()
        self._turn = threading.Lock()
        self._page = _NO_PAGE

    def prepare(self, progress: Progress | None = None) -> tuple[str, ...]:
        """Rebuild every projection whose version changed, or that is ahead of the log.

        Returns:
            The names of those rebuilt.
        """
        size = self._log.size()
        changed = tuple(
            each.name
            for each in self.positions()
            if each.version != self._projections[each.name].version or each.seq >= size
        )
        for name in changed:
            self.rebuild(name, progress=progress)
        return changed

    def catch_up(self) -> int:
        """Apply everything recorded since and return how many records were applied in all.

        Raises:
            IntegrityFailure: the log cannot be trusted; positions say where.
        """
        with self._turn:
            try:
                done = self._catch_up()
            finally:
                self._page = _NO_PAGE
        if done.erased:
            self._leave_no_trace()
        if done.count:
            self._tell()
        return done.count

    def rebuild(
        self, name: str, *, until: int | None = None, progress: Progress | None = None
    ) -> None:
        """Empty a projection and fill it again from the log, up to ``until`` where given.

        A record that cannot be applied leaves the projection stalled just before it.

        Raises:
            NotFound: there is no projection of this name.
            IntegrityFailure: the log cannot be trusted; rows and position are as they were.
        """
        projection = self._projections.get(name)
        if projection is None:
            message = f"there is no projection {name}"
            raise NotFound(message)
        newest = self._log.size() - 1
        last = newest if until is None else min(until, newest)
        with self._turn:
            try:
                self._refill(projection, last, progress)
            except _CannotApply as stop:
                self._stop(
                    projection, stop, lambda before: self._refill(projection, before, progress)
                )
        self._tell()

    def positions(self) -> tuple[Position, ...]:
        """Return how far each projection has come, in order of name."""
        with self._reading.connect() as connection:
            return load_positions(connection, self._projections)

    def standings(self, now: ServerTime) -> tuple[Standing, ...]:
        """Return how far each projection is behind and being rebuilt, in order of name."""
        with self._reading.connect() as connection:
            return standings(connection, self._log, tuple(self._projections.values()), now)

    def position(self) -> int:
        """Return the position that every projection has reached."""
        return min((each.seq for each in self.positions()), default=-1)

    def reached(self, seq: int, *, timeout_s: float) -> bool:
        """Wait until every projection has applied ``seq``; false after the time-out.

        False at once where a projection is stalled at ``seq`` or before, since waiting is no help.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            behind = [each for each in self.positions() if each.seq < seq]
            if not behind:
                return True
            left = deadline - time.monotonic()
            stalled = any(each.stalled_seq is not None for each in behind)
            if stalled or left <= 0:
                return False
            with self._moved:
                # Another process may do the applying, so look again soon even without notice.
                self._moved.wait(min(left, LOOK_AGAIN_S))

    def _tell(self) -> None:
        with self._moved:
            self._moved.notify_all()

    def _catch_up(self) -> _Done:
        newest = self._log.size() - 1
        behind = [each.name for each in self.positions() if each.seq < newest]
        done = _NOTHING
        while behind:
            # One batch each in turn, so that all work on records that were read once.
            batches = {name: self._advance(self._projections[name]) for name in behind}
            behind = [name for name, batch in batches.items() if 0 <= batch.seq < newest]
            for batch in batches.values():
                done = done.and_then(batch)
        return done

    def _advance(self, projection: Projection) -> _Done:
        """Apply the next records; where one cannot be applied, those before it, and stall."""
        try:
            try:
                return self._batch(projection)
            except IntegrityFailure:
                return self._creep(projection)
        except _CannotApply as stop:
            before = self._stop(projection, stop, lambda last: self._batch(projection, last=last))
            return replace(before, seq=-1)

    def _creep(self, projection: Projection) -> _Done:
        """Apply one record after the other up to the first that cannot be trusted."""
        done = _NOTHING
        try:
            while (one := self._batch(projection, most=1)).count:
                done = done.and_then(one)
        except IntegrityFailure as failure:
            self._stall(projection, failure)
            raise
        return done

    def _read(self, seq: int, limit: int) -> tuple[Record, ...]:
        """Return records from the log, or the same ones as before in this turn."""
        if self._page[:2] != (seq, limit):
            self._page = (seq, limit, self._log.after(seq, limit=limit))
        return self._page[2]

    def _batch(
        self, projection: Projection, *, most: int | None = None, last: int | None = None
    ) -> _Done:
        """Apply the next records, so many at most, and at most up to ``last``."""
        with self._writing() as connection:
            place = hold_place(connection, projection)
            limit = most or (BATCH if place.stalled_seq is None else 1)
            if last is not None:
                limit = min(BATCH, last - place.seq)
            if limit <= 0 or place.version != projection.version:
                return _NOTHING
            records = self._read(place.seq, limit)
            _apply(connection, projection, records, place.seq)
            if not records:
                return _NOTHING
            set_place(connection, projection, records[-1].seq)
        return _Done(
            count=len(records),
            seq=records[-1].seq,
            erased=any(erased_subject(record) is not None for record in records),
        )

    def _refill(self, projection: Projection, last: int, progress: Progress | None) -> _Done:
        """Empty the tables and apply every record up to ``last``."""
        with self._writing() as connection:
            hold_place(connection, projection)
            for table in projection.tables:
                connection.execute(sa.delete(table))
            connection.execute(sa.delete(ERASED).where(ERASED.c.projection == projection.name))
            seq = -1
            while seq < last:
                records = self._log.after(seq, limit=min(BATCH, last - seq))
                if not records:
                    message = f"the log ends after record {seq}, before record {last}"
                    raise ChainBroken(message)
                _apply(connection, projection, records, seq)
                seq = records[-1].seq
                if progress is not None:
                    progress(projection.name, seq + 1, last + 1)
            set_place(connection, projection, seq)
        return _Done(count=seq + 1, seq=seq)

    def _stop(
        self, projection: Projection, stop: _CannotApply, fill: Callable[[int], _Done]
    ) -> _Done:
        """Apply what precedes a record that cannot be applied, and say where that is.

        The transaction that met the record was rolled back whole.
        """
        try:
            filled = fill(stop.seq - 1)
        except _CannotApply as earlier:
            return self._stop(projection, earlier, fill)
        self._stall(projection, stop.__cause__, at=stop.seq)
        return filled

    def _stall(
        self, projection: Projection, error: BaseException | None, *, at: int | None = None
    ) -> None:
        why = type(error).__name__
        with self._writing() as connection:
            seq = hold_place(connection, projection).seq + 1 if at is None else at
            new = set_stall(connection, projection, seq, why)
        if new:
            _log.error("projection stalled", projection=projection.name, seq=seq, error=why)

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
            yield connection

    def _leave_no_trace(self) -> None:
        """Empty SQLite's write-ahead log, in which removed rows stand until it is used again.

        While somebody reads, SQLite leaves it for later: at the latest, for when it is closed.
        """
        if self._engine.dialect.name == "sqlite":
            with closing(self._engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _apply(
    connection: sa.Connection, projection: Projection, records: Sequence[Record], seq: int
) -> None:
    """Apply records that must follow ``seq``."""
    known = sa.select(ERASED.c.key).where(ERASED.c.projection == projection.name)
    erased = set(connection.execute(known).scalars())
    for record in records:
        if record.seq != seq + 1:
            message = f"record {record.seq} came after {seq}"
            raise ChainBroken(message)
        seq = record.seq
        late = record.key in erased and not isinstance(record.event, Shredded)
        try:
            projection.apply(
                connection, replace(record, event=Shredded(record.name)) if late else record
            )
        except (*_AWAY, IntegrityFailure):
            raise
        except Exception as error:
            raise _CannotApply(seq) from error
        subject = erased_subject(record)
        if subject is not None:
            erased.add(f"subject:{subject}")
            put(connection, ERASED, projection=projection.name, key=f"subject:{subject}")
