"""Fills projections again from the log, beside the tables that are read, and gives them to readers.

Rules kept here:

1. Readers and the application of new records go on with the old tables until the new ones are
   complete. Filling takes many short transactions, each with its position, so that it can be
   stopped and continued, and nothing grows with the log.
2. All projections that stand at the same place are filled from records read once.
3. The last records are applied in the transaction that gives the tables to the readers.
4. A record that cannot be applied ends the filling of its projection before it. Its tables are
   given to the readers, stalled there, unless what they read is of the same version and further.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog

from domain.errors import ChainBroken, Unavailable
from domain.events.record import Record, Shredded
from domain.ports import EventLog
from projections import beside
from projections.applying import CannotApply, apply_records
from projections.position import (
    BEING_MADE,
    begin_place,
    hold_places,
    set_places,
    set_stall,
)
from projections.rebuilds import forget_rebuild, held_rebuilds, index_by, take_over
from projections.statements import Place
from projections.tables import ERASED, REBUILD, Projection
from projections.writing import Rows, overwriting

FILL = 1000
"""Records applied in one transaction while filling; whoever else writes waits that long."""

_log = structlog.get_logger()

Progress = Callable[[str, int, int], None]
"""Called with the projection's name, records applied and records in all."""


def never() -> bool:
    """Return that nothing is to stop."""
    return False


@dataclass(slots=True, kw_only=True)
class _Run:
    """One run of the filling.

    Attributes:
        until: The last record to apply, where it is not the newest.
        progress: Told after each batch.
        stopping: Asked after each batch whether to leave the rest for another time.
        opened: The data keys whose content was applied; none where another run began.
        began: Time and records, to tell the rate.
        stopped: Why each projection stopped that met a record that cannot be applied.
    """

    until: int | None
    progress: Progress | None
    stopping: Callable[[], bool]
    opened: set[str] | None = field(default_factory=set)
    began: float = field(default_factory=time.monotonic)
    applied: int = 0
    stopped: dict[str, tuple[int, str]] = field(default_factory=dict)


class Rebuilding:
    """Rebuilds projections of one log in one database."""

    def __init__(self, engine: sa.Engine, log: EventLog) -> None:
        """Write to this database what this log says."""
        self._engine = engine
        self._log = log
        self._alone = threading.Lock()

    def begun(self, projections: Sequence[Projection]) -> frozenset[str]:
        """Return which of these projections have a rebuild that was begun."""
        names = {each.name for each in projections}
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(REBUILD.c.name)).scalars()
            return frozenset(found) & names

    def discard_others(self, projections: Sequence[Projection]) -> None:
        """Remove what stands beside for no rebuild of these projections as they are here."""
        with overwriting(self._engine) as connection:
            kept: set[str] = set()
            ours = {
                (each.name, each.version, beside.shape(each, connection.dialect)): each
                for each in projections
            }
            rows = connection.execute(sa.select(REBUILD).with_for_update()).mappings().all()
            for row in rows:
                found = ours.get((row["name"], row["version"], row["shape"]))
                if found is None or row["seq"] >= self._log.size():
                    forget_rebuild(connection, row["name"])
                else:
                    kept |= {table.name for table in found.tables}
            beside.discard(connection, beside.standing_beside(connection) - kept)

    def run(
        self,
        projections: Sequence[Projection],
        *,
        until: int | None = None,
        progress: Progress | None = None,
        stopping: Callable[[], bool] = never,
    ) -> None:
        """Rebuild these projections; see ``ProjectionRunner.rebuild``."""
        run = _Run(until=until, progress=progress, stopping=stopping)
        with self._alone:
            beside.clear_former(self._engine)
            filling = [each for each in projections if self._begin(run, each)]
            for each in projections:
                if each not in filling:
                    self._in_place(run, each)
            while filling and self._fill(run, filling):
                for each in filling:
                    self._make_indexes(each)
                filling = [each for each in filling if not self._finish(run, each)]
            beside.clear_former(self._engine)
            beside.empty_write_ahead_log(self._engine)

    def _last(self, run: _Run) -> int:
        newest = self._log.size() - 1
        return newest if run.until is None else min(run.until, newest)

    def _begin(self, run: _Run, projection: Projection) -> bool:
        """Make a projection's tables, or go on with them; false where they cannot be made."""
        with overwriting(self._engine) as connection:
            if not beside.can_stand_beside(connection, projection):
                return False
            shape = beside.shape(projection, connection.dialect)
            row = held_rebuilds(connection, [projection]).get(projection.name)
            if row is not None:
                same = row["version"] == projection.version and row["shape"] == shape
                if same and row["seq"] <= self._last(run):
                    run.opened = None if row["seq"] >= 0 else run.opened
                    return True
                forget_rebuild(connection, projection.name)
            mine = {table.name for table in projection.tables}
            beside.discard(connection, beside.standing_beside(connection) & mine)
        beside.clear_former(self._engine)
        with overwriting(self._engine) as connection:
            begin_place(connection, projection, BEING_MADE)
            beside.make(connection, projection)
            rows = Rows(connection)
            rows.put(REBUILD, name=projection.name, version=projection.version, shape=shape, seq=-1)
            rows.flush()
        return True

    def _fill(self, run: _Run, projections: Sequence[Projection]) -> bool:
        """Apply records until few are left; false when told to stop before."""
        while True:
            going = [each for each in projections if each.name not in run.stopped]
            places = self._places(going)
            if not going:
                return True
            seq, last = min(places.values()), self._last(run)
            together = [each for each in going if places[each.name] == seq]
            if len(together) == len(going) and last - seq <= FILL:
                return True
            ahead = [place for place in places.values() if place > seq]
            self._advance(run, together, seq, min([last, seq + FILL, *ahead]))
            if run.stopping():
                return False

    def _advance(self, run: _Run, together: Sequence[Projection], seq: int, to: int) -> None:
        """Apply the records after ``seq`` up to another."""
        page = self._page(seq, to)
        try:
            self._batch(run, together, seq, page)
        except CannotApply:
            for each in together:
                self._approach(run, each, seq, page)

    def _approach(
        self, run: _Run, projection: Projection, seq: int, page: Sequence[Record]
    ) -> None:
        """Apply what precedes a record that cannot be applied, and remember where that is."""
        while True:
            try:
                self._batch(run, [projection], seq, page, careful=True)
            except CannotApply as stop:
                run.stopped[projection.name] = (stop.seq, type(stop.__cause__).__name__)
                page = page[: stop.seq - 1 - seq]
            else:
                return

    def _batch(
        self,
        run: _Run,
        together: Sequence[Projection],
        seq: int,
        page: Sequence[Record],
        *,
        careful: bool = False,
    ) -> None:
        if not page:
            return
        last = page[-1].seq
        with overwriting(self._engine) as connection:
            held = held_rebuilds(connection, together)
            if any(held[each.name]["seq"] != seq for each in together if each.name in held):
                return  # another process is at it, too
            self._apply(run, connection, together, held, page, after=seq, careful=careful)
            run.applied += len(page)
            rate = run.applied / max(time.monotonic() - run.began, 1e-6)
            rows = Rows(connection)
            for each in together:
                rows.change(REBUILD, {"name": each.name}, seq=last, records_per_s=rate)
            rows.flush()
        self._tell(run, together, last)

    def _apply(
        self,
        run: _Run,
        connection: sa.Connection,
        together: Sequence[Projection],
        held: dict[str, sa.RowMapping],
        page: Sequence[Record],
        *,
        after: int,
        careful: bool = False,
    ) -> None:
        if len(held) < len(together):
            message = "this rebuild was discarded by another process"
            raise Unavailable(message)
        if run.opened is not None:
            content = (each for each in page if not isinstance(each.event, Shredded))
            run.opened.update(each.key for each in content)
        apply_records(
            connection,
            together,
            page,
            after=after,
            place=Place.BESIDE,
            opened=run.opened,
            index=lambda table, names: index_by(connection, table, names),
            careful=careful,
        )

    def _make_indexes(self, projection: Projection) -> None:
        """Make every index that filling did not need."""
        for table in projection.tables:
            for index in beside.indexes(table, self._engine.dialect.name):
                with overwriting(self._engine) as connection:
                    beside.make_index(connection, index)

    def _finish(self, run: _Run, projection: Projection) -> bool:
        """Apply the last records and give the tables to the readers; false if many came."""
        name = projection.name
        try:
            with overwriting(self._engine) as connection:
                live = hold_places(connection, [projection])[name]
                held = held_rebuilds(connection, [projection])
                seq = held[name]["seq"] if name in held else -1
                last = seq if name in run.stopped else self._last(run)
                if last - seq > FILL:
                    return False
                if last > seq or name not in held:
                    page = self._page(seq, last)
                    self._apply(run, connection, [projection], held, page, after=seq)
                better = live.version == projection.version and live.seq > last
                if run.until is None and name in run.stopped and better:
                    forget_rebuild(connection, name)
                    beside.discard(connection, {table.name for table in projection.tables})
                else:
                    beside.swap(connection, projection)
                    take_over(connection, projection, last, run.stopped.get(name))
        except CannotApply:
            self._approach(run, projection, seq, page)
            return False
        if name in run.stopped:
            at, why = run.stopped[name]
            _log.error("projection stalled", projection=name, seq=at, error=why)
        self._tell(run, [projection], last)
        return True

    def _in_place(self, run: _Run, projection: Projection) -> None:
        """Fill the tables that are read in one transaction, where no others can be made."""
        stop: CannotApply | None = None
        last = self._last(run)
        while True:
            try:
                with overwriting(self._engine) as connection:
                    hold_places(connection, [projection])
                    self._refill(run, connection, projection, last, careful=stop is not None)
                    set_places(connection, [projection], last)
                    if stop is not None:
                        set_stall(connection, projection, stop.seq, type(stop.__cause__).__name__)
            except CannotApply as earlier:
                last = earlier.seq - 1 if stop is not None else last
                stop = earlier
            else:
                return

    def _refill(
        self,
        run: _Run,
        connection: sa.Connection,
        projection: Projection,
        last: int,
        *,
        careful: bool,
    ) -> None:
        for table in projection.tables:
            connection.execute(sa.delete(table))
        connection.execute(sa.delete(ERASED).where(ERASED.c.projection == projection.name))
        seq = -1
        while seq < last:
            page = self._page(seq, min(last, seq + FILL))
            apply_records(connection, [projection], page, after=seq, careful=careful)
            seq = page[-1].seq
            self._tell(run, [projection], seq)

    def _page(self, seq: int, to: int) -> tuple[Record, ...]:
        """Return the records after ``seq`` up to another.

        Raises:
            ChainBroken: the log ends before.
        """
        page = self._log.after(seq, limit=to - seq) if to > seq else ()
        if to > seq and (not page or page[-1].seq != to):
            message = f"the log ends after record {page[-1].seq if page else seq}, before {to}"
            raise ChainBroken(message)
        return page

    def _places(self, projections: Sequence[Projection]) -> dict[str, int]:
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(REBUILD.c.name, REBUILD.c.seq))
            found = {row.name: row.seq for row in rows}
        return {each.name: found.get(each.name, -1) for each in projections}

    def _tell(self, run: _Run, projections: Sequence[Projection], seq: int) -> None:
        if run.progress is not None:
            for each in projections:
                run.progress(each.name, seq + 1, self._last(run) + 1)
