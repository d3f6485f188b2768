"""Applies records to projections: rows and position in one transaction, in order, none left out.

Rules kept here:

1. A projection sees every record once, in order of ``seq``, however many processes apply: who
   writes holds the projection's position. A gap stops it.
2. Projections that stand at the same place move on together, in one transaction. A record that one
   of them cannot apply stops that one just before it, visibly, and no other. It is tried again with
   every turn.
3. Rows of another version belong to another build of this software and are left alone; nobody here
   reads them.
4. In SQLite, removed rows are overwritten and leave the write-ahead log. PostgreSQL overwrites
   them at its next vacuum, not before.
5. A database that is away or busy is no fault of a record: the error goes to the caller, and the
   next turn begins where this one did.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import sqlalchemy as sa
import structlog

from domain.errors import IntegrityFailure, NotFound
from domain.events.record import Record
from domain.ports import EventLog
from domain.values.time import ServerTime
from projections.applying import CannotApply, Done, apply_records
from projections.beside import clear_former, empty_write_ahead_log
from projections.lag import Standing, refuse_unreadable, standings
from projections.position import (
    BEFORE_THE_FIRST,
    BEING_MADE,
    Position,
    begin_place,
    hold_places,
    load_positions,
    set_places,
    set_stall,
)
from projections.rebuilding import FILL, Progress, Rebuilding, never
from projections.rebuilds import erase_beside
from projections.rows import erased_subject
from projections.tables import ERASED, Projection
from projections.writing import overwriting

BATCH = 500
LOOK_AGAIN_S = 0.05
_log = structlog.get_logger()


_NOTHING = Done()
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
        self._rebuilding = Rebuilding(engine, log)
        self._moved = threading.Condition()
        self._turn = threading.Lock()
        self._page = _NO_PAGE
        self._unreadable: tuple[str, ...] = ()

    def due(self) -> tuple[str, ...]:
        """Return the projections to be rebuilt before they can be read or go on.

        Those whose version changed, those that are new to a long log, those ahead of a log that was
        restored, and those whose rebuild was interrupted.
        """
        size = self._log.size()
        begun = self._rebuilding.begun(tuple(self._projections.values()))
        return tuple(
            each.name
            for each in self.positions()
            if not self.readable(each)
            or (each.version == BEFORE_THE_FIRST and size > FILL)
            or each.seq >= size
            or each.name in begun
        )

    def put_off(self) -> tuple[str, ...]:
        """Leave what is due for later, and unread until then what is new to a long log.

        Returns:
            The names of those to be rebuilt.
        """
        due = self.due()
        with overwriting(self._engine) as connection:
            for each in due:
                begin_place(connection, self._projections[each], BEING_MADE)
        return due

    def prepare(
        self, progress: Progress | None = None, *, stopping: Callable[[], bool] = never
    ) -> tuple[str, ...]:
        """Remove what earlier rebuilds left behind, and do every rebuild that is due.

        Returns:
            The names of those rebuilt.
        """
        clear_former(self._engine)
        self._rebuilding.discard_others(tuple(self._projections.values()))
        due = self.due()
        self.rebuild(*due, progress=progress, stopping=stopping)
        return due

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
            clear_former(self._engine)
            empty_write_ahead_log(self._engine)
        if done.count:
            self._tell()
        return done.count

    def rebuild(
        self,
        *names: str,
        until: int | None = None,
        progress: Progress | None = None,
        stopping: Callable[[], bool] = never,
    ) -> None:
        """Fill projections again from the log beside their tables, and let readers have those.

        All of them are filled in one pass. What was interrupted, or is told to stop, goes on next
        time from where it was. A record that cannot be applied leaves its projection stalled just
        before it; where the tables that are read had got past it, they stay.

        Args:
            names: The projections; none rebuilds nothing.
            until: The last record to apply, where it is not the newest.
            progress: Told after each batch.
            stopping: Asked after each batch whether to leave the rest for another time.

        Raises:
            NotFound: there is no projection of a name.
            IntegrityFailure: the log cannot be trusted; what is read is as it was.
        """
        unknown = [name for name in names if name not in self._projections]
        if unknown:
            message = f"there is no projection {', '.join(unknown)}"
            raise NotFound(message)
        self._rebuilding.run(
            [self._projections[name] for name in names],
            until=until,
            progress=progress,
            stopping=stopping,
        )
        self._tell()

    def positions(self) -> tuple[Position, ...]:
        """Return how far each projection has come, in order of name."""
        with self._reading.connect() as connection:
            return self.positions_in(connection)

    def positions_in(self, connection: sa.Connection) -> tuple[Position, ...]:
        """Return the same as one transaction sees it."""
        found = load_positions(connection, self._projections)
        self._unreadable = tuple(each.name for each in found if not self.readable(each))
        return found

    def guard(self, engine: sa.Engine) -> None:
        """Let whoever reads here be refused what stands in tables that are being rebuilt.

        Which these are is known from the last time that positions were asked for.
        """
        sa.event.listen(engine, "before_execute", self._refuse_unreadable)

    def readable(self, position: Position) -> bool:
        """Return whether rows at this position, if any, were built by the version that is here."""
        return position.version in {BEFORE_THE_FIRST, self._projections[position.name].version}

    def standings(self, now: ServerTime) -> tuple[Standing, ...]:
        """Return how far each projection is behind and being rebuilt, in order of name."""
        with self._reading.connect() as connection:
            return standings(connection, self._log, tuple(self._projections.values()), now)

    def erased_keys(self) -> tuple[str, ...]:
        """Return every data key whose destruction some projection applied, in order of name."""
        query = sa.select(ERASED.c.key).distinct().order_by(ERASED.c.key)
        with self._reading.connect() as connection:
            return tuple(connection.execute(query).scalars())

    def position(self) -> int:
        """Return the position that every projection has reached that can be read."""
        found = self.positions()
        readable = [each.seq for each in found if self.readable(each)]
        return min(readable or [each.seq for each in found], default=-1)

    def reached(self, seq: int, *, timeout_s: float) -> bool:
        """Wait until every projection that can be read has applied ``seq``; false after the time.

        False at once where one is stalled at ``seq`` or before, since waiting is no help.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            behind = [each for each in self.positions() if each.seq < seq and self.readable(each)]
            if not behind:
                return True
            left = deadline - time.monotonic()
            stalled = any(each.stalled_seq is not None for each in behind)
            if stalled or left <= 0:
                return False
            with self._moved:
                # Another process may do the applying, so look again soon even without notice.
                self._moved.wait(min(left, LOOK_AGAIN_S))

    def _refuse_unreadable(
        self, _connection: sa.Connection, statement: sa.Executable, *_: object
    ) -> None:
        if self._unreadable and isinstance(statement, sa.ClauseElement):
            hidden = [self._projections[name] for name in self._unreadable]
            refuse_unreadable(self._reading, self._log, hidden, statement)

    def _tell(self) -> None:
        with self._moved:
            self._moved.notify_all()

    def _catch_up(self) -> Done:
        newest = self._log.size() - 1
        done = _NOTHING
        while groups := self._behind(newest, done.stopped):
            # The last first, so that those who meet go on together.
            batch = self._advance(groups[0])
            if not batch.count and not batch.stopped:
                break  # others moved them meanwhile
            done = done.and_then(batch)
        return done

    def _behind(self, newest: int, stopped: frozenset[str]) -> list[list[Projection]]:
        """Return the projections that can go on, together where they stand together."""
        groups: dict[tuple[int, str], list[Projection]] = {}
        for each in self.positions():
            if each.seq < newest and self.readable(each) and each.name not in stopped:
                alone = "" if each.stalled_seq is None else each.name
                groups.setdefault((each.seq, alone), []).append(self._projections[each.name])
        return [groups[place] for place in sorted(groups)]

    def _advance(self, together: list[Projection]) -> Done:
        """Apply the next records; where one cannot be applied, those before it, and stall."""
        try:
            return self._batch(together)
        except IntegrityFailure:
            return self._creep(together)
        except CannotApply:
            if len(together) == 1:
                return self._approach(together[0])
        done = _NOTHING
        for each in together:
            done = done.and_then(self._advance([each]))
        return done

    def _creep(self, together: list[Projection]) -> Done:
        """Apply one record after the other up to the first that cannot be trusted."""
        done = _NOTHING
        try:
            while (one := self._batch(together, most=1)).count:
                done = done.and_then(one)
        except IntegrityFailure as failure:
            for each in together:
                self._stall(each, failure)
            raise
        return done

    def _approach(self, projection: Projection) -> Done:
        """Apply what precedes a record that cannot be applied, and say where that is.

        The transaction that met the record was rolled back whole.
        """
        stop, last = None, None
        while True:
            try:
                before = self._batch([projection], last=last, careful=True)
            except CannotApply as earlier:
                stop, last = earlier, earlier.seq - 1
            else:
                break
        if stop is None:
            return before
        self._stall(projection, stop.__cause__, at=stop.seq)
        return replace(before, stopped=frozenset({projection.name}))

    def _read(self, seq: int, limit: int) -> tuple[Record, ...]:
        """Return records from the log, or the same ones as before in this turn."""
        if self._page[:2] != (seq, limit):
            self._page = (seq, limit, self._log.after(seq, limit=limit))
        return self._page[2]

    def _batch(
        self,
        together: list[Projection],
        *,
        most: int | None = None,
        last: int | None = None,
        careful: bool = False,
    ) -> Done:
        """Apply the next records, so many at most, and at most up to ``last``."""
        with overwriting(self._engine) as connection:
            places = hold_places(connection, together)
            ours = [each for each in together if self.readable(places[each.name])]
            if not ours:
                return _NOTHING
            place = places[ours[0].name]
            ours = [each for each in ours if places[each.name].seq == place.seq]
            limit = most or (BATCH if place.stalled_seq is None else 1)
            if last is not None:
                limit = min(BATCH, last - place.seq)
            records = self._read(place.seq, limit) if limit > 0 else ()
            if not records:
                return _NOTHING
            apply_records(connection, ours, records, after=place.seq, careful=careful)
            set_places(connection, ours, records[-1].seq)
            erasing = [each for each in records if erased_subject(each) is not None]
            erase_beside(connection, tuple(self._projections.values()), erasing)
        return Done(count=len(records) * len(ours), erased=bool(erasing))

    def _stall(
        self, projection: Projection, error: BaseException | None, *, at: int | None = None
    ) -> None:
        why = type(error).__name__
        with overwriting(self._engine) as connection:
            place = hold_places(connection, [projection])[projection.name]
            seq = place.seq + 1 if at is None else at
            new = set_stall(connection, projection, seq, why)
        if new:
            _log.error("projection stalled", projection=projection.name, seq=seq, error=why)
