"""A projection takes every record once and in order, whatever fails, waits or runs beside it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from adapters.database import open_engine, reading
from domain.errors import ChainBroken, DigestMismatch, NotFound, Unavailable
from domain.events.record import Record
from projections import rebuilding
from projections import runner as running
from projections.catalogue import ALL
from projections.position import Position
from projections.runner import ProjectionRunner
from projections.tables import POSITION, Projection
from projections.writing import Rows
from tests.projections.clinic import Clinic
from tests.projections.dumps import dump, in_memory, on_disk, rebuilt
from tests.projections.recorded import Recorded, recorded

tallies = sa.MetaData()
TABLES = {
    name: sa.Table(
        name,
        tallies,
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, index=True),
        sa.Column("times", sa.Integer),
    )
    for name in ("tally", "other")
}


def apply_it(_: Record) -> None:
    """Let a record be applied."""


@dataclass
class Tally:
    """A projection that counts how often each record is applied, and does what a test says."""

    name: str = "tally"
    version: int = 1
    then: Callable[[Record], None] = apply_it
    seen: list[int] = field(default_factory=list)

    @property
    def table(self) -> sa.Table:
        """A row for each time a record was applied."""
        return TABLES[self.name]

    @property
    def projection(self) -> Projection:
        """The projection itself."""
        return Projection(
            name=self.name, version=self.version, tables=(self.table,), apply=self.apply
        )

    def apply(self, rows: Rows, record: Record) -> None:
        """Count a record."""
        self.seen.append(record.seq)
        before = rows.one(self.table, seq=record.seq)
        times = 1 if before is None else before["times"] + 1
        rows.put(self.table, seq=record.seq, name=record.name, times=times)
        self.then(record)

    def rows(self, engine: sa.Engine) -> list[int]:
        """Return which records were counted, each as often as it was."""
        with reading(engine).connect() as connection:
            found = connection.execute(sa.select(self.table).order_by(self.table.c.seq))
            return [row.seq for row in found for _ in range(row.times)]


def fail_at(seq: int, error: BaseException) -> Callable[[Record], None]:
    """Return what fails at one record, after its row was written."""

    def fail(record: Record) -> None:
        if record.seq == seq:
            raise error

    return fail


@pytest.fixture
def log(eventful: Clinic) -> Recorded:
    """Return forty records."""
    return recorded(eventful.log, end=40)


@pytest.fixture
def memory() -> Iterator[sa.Engine]:
    """Return a database that never touches a disk."""
    engine = in_memory()
    tallies.create_all(engine)
    yield engine
    engine.dispose()


@contextmanager
def opened(engine: sa.Engine) -> Iterator[sa.Engine]:
    """Dispose of an engine when the block ends."""
    yield engine
    engine.dispose()


def position(runner: ProjectionRunner, name: str = "tally") -> Position:
    """Return the position of one projection."""
    return {each.name: each for each in runner.positions()}[name]


def test_every_record_is_applied_once_in_order_and_the_number_is_told(
    memory: sa.Engine, log: Recorded
) -> None:
    tally, other = Tally(), Tally("other")
    runner = ProjectionRunner(memory, log, (tally.projection, other.projection))
    assert runner.catch_up() == 80
    assert runner.catch_up() == 0
    assert tally.rows(memory) == other.rows(memory) == list(range(40))
    assert tally.seen == list(range(40))
    log.end = 50
    assert runner.catch_up() == 20
    assert runner.position() == 49


@pytest.mark.parametrize("batch", [1, 7, 40])
def test_batches_of_any_size_apply_the_same(
    memory: sa.Engine, log: Recorded, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(running, "BATCH", batch)
    tally = Tally()
    assert ProjectionRunner(memory, log, (tally.projection,)).catch_up() == 40
    assert tally.rows(memory) == list(range(40))


def test_all_projections_work_on_records_that_were_read_once(
    memory: sa.Engine, log: Recorded
) -> None:
    asked: list[int] = []

    class Counting(Recorded):
        def after(self, seq: int, *, limit: int) -> tuple[Record, ...]:
            asked.append(seq)
            return super().after(seq, limit=limit)

    counting = Counting(records=log.records, end=log.end)
    ProjectionRunner(memory, counting, (Tally().projection, Tally("other").projection)).catch_up()
    assert asked == [-1]


# What a crash leaves


def test_a_crash_inside_a_batch_leaves_rows_and_position(memory: sa.Engine, log: Recorded) -> None:
    tally = Tally(then=fail_at(25, KeyboardInterrupt()))
    runner = ProjectionRunner(memory, replace(log, end=20), (tally.projection,))
    runner.catch_up()
    runner = ProjectionRunner(memory, log, (tally.projection,))
    with pytest.raises(KeyboardInterrupt):
        runner.catch_up()
    assert tally.rows(memory) == list(range(20))
    assert position(runner) == Position(name="tally", version=1, seq=19)
    tally.then = apply_it
    runner.catch_up()
    assert tally.rows(memory) == list(range(40))


def test_a_crash_at_commit_leaves_rows_and_position(engine: sa.Engine, log: Recorded) -> None:
    tallies.create_all(engine)
    tally = Tally()
    runner = ProjectionRunner(engine, log, (tally.projection,))

    def crash(connection: sa.Connection) -> None:
        raise KeyboardInterrupt

    sa.event.listen(engine, "commit", crash)
    with pytest.raises(KeyboardInterrupt):
        runner.catch_up()
    sa.event.remove(engine, "commit", crash)
    engine.dispose()  # what a dead process held
    assert tally.rows(engine) == []
    assert position(runner).seq == -1
    assert runner.catch_up() == 40
    assert tally.rows(engine) == list(range(40))


@pytest.mark.parametrize(
    "error", [sa.exc.OperationalError("", {}, Exception("busy")), Unavailable("away")]
)
def test_a_database_that_is_away_is_no_fault_of_a_record(
    memory: sa.Engine, log: Recorded, error: Exception
) -> None:
    tally = Tally(then=fail_at(7, error))
    runner = ProjectionRunner(memory, log, (tally.projection,))
    with pytest.raises(type(error)):
        runner.catch_up()
    assert position(runner) == Position(name="tally")
    tally.then = apply_it
    assert runner.catch_up() == 40


# A log that cannot be trusted


@pytest.mark.parametrize("wrong", ["gap", "twice"])
def test_a_gap_is_refused_and_shown(memory: sa.Engine, log: Recorded, wrong: str) -> None:
    lost = log.records[:10] + log.records[11 if wrong == "gap" else 9 :]
    tally = Tally()
    runner = ProjectionRunner(memory, replace(log, records=lost), (tally.projection,))
    with pytest.raises(ChainBroken):
        runner.catch_up()
    assert tally.rows(memory) == list(range(10))
    found = position(runner)
    assert (found.seq, found.stalled_seq, found.stalled_why) == (9, 10, "ChainBroken")
    with pytest.raises(ChainBroken):
        runner.catch_up()
    whole = ProjectionRunner(memory, log, (tally.projection,))
    assert whole.catch_up() == 30
    assert position(whole) == Position(name="tally", version=1, seq=39)


def test_damage_in_the_log_is_raised_and_shown_and_leaves_what_was_applied(
    memory: sa.Engine, log: Recorded
) -> None:
    class Damaged(Recorded):
        def after(self, seq: int, *, limit: int) -> tuple[Record, ...]:
            if seq < 30 <= seq + limit and self.end > 30:
                raise DigestMismatch("record 30 is not as it was recorded")
            return super().after(seq, limit=limit)

    tally = Tally()
    damaged = Damaged(records=log.records, end=20)
    runner = ProjectionRunner(memory, damaged, (tally.projection,))
    runner.catch_up()
    damaged.end = 40
    with pytest.raises(DigestMismatch):
        runner.catch_up()
    found = position(runner)
    assert (found.seq, found.stalled_seq, found.stalled_why) == (29, 30, "DigestMismatch")
    with pytest.raises(DigestMismatch):
        runner.rebuild("tally")
    assert tally.rows(memory) == list(range(30))


def test_what_is_found_whole_when_looked_at_again_is_applied(
    memory: sa.Engine, log: Recorded
) -> None:
    class Shaken(Recorded):
        def after(self, seq: int, *, limit: int) -> tuple[Record, ...]:
            if limit > 1:
                raise DigestMismatch("a page was torn")
            return super().after(seq, limit=limit)

    tally = Tally()
    shaken = Shaken(records=log.records, end=40)
    assert ProjectionRunner(memory, shaken, (tally.projection,)).catch_up() == 40
    assert tally.rows(memory) == list(range(40))


def test_a_log_that_ends_too_early_fails_a_rebuild(memory: sa.Engine, log: Recorded) -> None:
    tally = Tally()
    runner = ProjectionRunner(memory, log, (tally.projection,))
    runner.catch_up()
    short = replace(log, records=log.records[:30])
    with pytest.raises(ChainBroken):
        ProjectionRunner(memory, short, (tally.projection,)).rebuild("tally")
    assert tally.rows(memory) == list(range(40))


# A record that cannot be applied


def test_a_record_that_cannot_be_applied_stops_its_projection_before_it_and_no_other(
    memory: sa.Engine, log: Recorded
) -> None:
    tally, other = Tally(then=fail_at(25, ValueError("a secret"))), Tally("other")
    runner = ProjectionRunner(memory, log, (tally.projection, other.projection))
    with capture_logs() as lines:
        assert runner.catch_up() == 25 + 40
        assert runner.catch_up() == 0
    assert tally.rows(memory) == list(range(25))
    assert other.rows(memory) == list(range(40))
    assert position(runner) == Position(
        name="tally", version=1, seq=24, stalled_seq=25, stalled_why="ValueError"
    )
    assert position(runner, "other") == Position(name="other", version=1, seq=39)
    assert [line["event"] for line in lines] == ["projection stalled"], "said once, when new"
    assert "secret" not in repr(lines)
    log.end = 45
    assert runner.catch_up() == 5, "only the other goes on"
    assert runner.position() == 24


def test_a_stalled_projection_goes_on_when_the_cause_is_gone(
    memory: sa.Engine, log: Recorded
) -> None:
    tally = Tally(then=fail_at(25, ValueError()))
    runner = ProjectionRunner(memory, log, (tally.projection,))
    runner.catch_up()
    tally.then = fail_at(30, KeyError())
    runner.catch_up()
    found = position(runner)
    assert (found.seq, found.stalled_seq, found.stalled_why) == (29, 30, "KeyError")
    tally.then = apply_it
    runner.catch_up()
    assert position(runner) == Position(name="tally", version=1, seq=39)
    assert tally.rows(memory) == list(range(40))


def test_a_projection_that_fails_elsewhere_when_asked_again_stops_at_the_earlier_record(
    memory: sa.Engine, log: Recorded
) -> None:
    failing = [fail_at(25, ValueError()), fail_at(9, KeyError()), apply_it]

    def fail_differently(record: Record) -> None:
        if record.seq == 0 and tally.seen.count(0) > 1:
            failing.pop(0)
        failing[0](record)

    tally = Tally(then=fail_differently)
    runner = ProjectionRunner(memory, log, (tally.projection,))
    runner.catch_up()
    found = position(runner)
    assert (found.seq, found.stalled_seq, found.stalled_why) == (8, 9, "KeyError")
    assert tally.rows(memory) == list(range(9))


def test_a_statement_that_the_database_refuses_is_the_records_fault(
    engine: sa.Engine, log: Recorded
) -> None:
    tallies.create_all(engine)

    def apply(rows: Rows, record: Record) -> None:
        seq = None if record.seq == 12 else record.seq
        rows.put(POSITION, name=f"another {record.seq}", version=1, seq=seq)

    projection = Projection(name="tally", version=1, tables=(), apply=apply)
    runner = ProjectionRunner(engine, log, (projection,))
    runner.catch_up()
    found = position(runner)
    assert (found.seq, found.stalled_seq, found.stalled_why) == (11, 12, "IntegrityError")


# Versions and rebuilding


def test_a_changed_version_is_rebuilt_before_it_is_read_and_says_how_far_it_is(
    memory: sa.Engine, log: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "FILL", 15)
    first, other = Tally(), Tally("other")
    ProjectionRunner(memory, log, (first.projection, other.projection)).catch_up()
    second = Tally(version=2)
    told: list[tuple[str, int, int]] = []
    runner = ProjectionRunner(memory, log, (second.projection, other.projection))
    assert runner.prepare(lambda *progress: told.append(progress)) == ("tally",)
    assert told == [("tally", 15, 40), ("tally", 30, 40), ("tally", 40, 40)]
    assert second.rows(memory) == list(range(40))
    assert position(runner) == Position(name="tally", version=2, seq=39)
    assert runner.prepare() == ()


def test_rows_of_another_version_are_left_to_the_build_that_made_them(
    memory: sa.Engine, log: Recorded
) -> None:
    newer, older = Tally(version=2), Tally(version=1)
    ProjectionRunner(memory, log, (newer.projection,)).catch_up()
    log.end = 45
    assert ProjectionRunner(memory, log, (older.projection,)).catch_up() == 0
    assert older.seen == []
    assert ProjectionRunner(memory, log, (newer.projection,)).catch_up() == 5


def test_a_projection_ahead_of_the_log_is_rebuilt(memory: sa.Engine, log: Recorded) -> None:
    tally = Tally()
    ProjectionRunner(memory, log, (tally.projection,)).catch_up()
    restored = replace(log, end=10)
    runner = ProjectionRunner(memory, restored, (tally.projection,))
    assert runner.prepare() == ("tally",)
    assert tally.rows(memory) == list(range(10))


def test_a_rebuild_that_meets_such_a_record_stalls_before_it(
    memory: sa.Engine, log: Recorded
) -> None:
    other = Tally("other")
    ProjectionRunner(memory, log, (Tally().projection, other.projection)).catch_up()
    failing = Tally(version=2, then=fail_at(25, ValueError()))
    runner = ProjectionRunner(memory, log, (failing.projection, other.projection))
    assert runner.prepare() == ("tally",)
    assert position(runner) == Position(
        name="tally", version=2, seq=24, stalled_seq=25, stalled_why="ValueError"
    )
    assert failing.rows(memory) == list(range(25))
    mended = Tally(version=3)
    again = ProjectionRunner(memory, log, (mended.projection, other.projection))
    again.prepare()
    assert position(again) == Position(name="tally", version=3, seq=39)


def test_what_is_no_projection_is_not_rebuilt(memory: sa.Engine, log: Recorded) -> None:
    with pytest.raises(NotFound):
        ProjectionRunner(memory, log, ()).rebuild("tally")


def test_a_projection_that_is_no_more_holds_nobody_back(memory: sa.Engine, log: Recorded) -> None:
    gone, kept = Tally(), Tally("other")
    ProjectionRunner(memory, replace(log, end=5), (gone.projection,)).catch_up()
    runner = ProjectionRunner(memory, log, (kept.projection,))
    assert runner.position() == -1, "what was never applied has no position yet"
    runner.catch_up()
    assert runner.position() == 39
    assert [each.name for each in runner.positions()] == ["other"]


def test_readers_see_the_old_rows_until_a_rebuild_is_complete(
    engine: sa.Engine, eventful: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "FILL", 13)
    runner = ProjectionRunner(engine, eventful.log, ALL)
    runner.catch_up()
    before, expected = dump(engine, *ALL), rebuilt(eventful.log, until=30)
    looks = []

    def look(name: str, done: int, total: int) -> None:
        found = dump(engine, *ALL)
        (mine,) = (each for each in ALL if each.name == name)
        looks.append((done < total, {each.name: found[each.name] for each in mine.tables}))
        assert runner.positions(), "positions are read meanwhile"

    runner.rebuild(*(each.name for each in ALL), until=30, progress=look)
    assert len(looks) == 3 * len(ALL)
    for filling, found in looks:
        seen = before if filling else expected
        assert found == {name: seen[name] for name in found}


# Several at once


def test_runners_that_race_apply_each_record_once(dsn: str, log: Recorded) -> None:
    engines = [open_engine(dsn) for _ in range(3)]
    tallies.create_all(engines[0])
    together = threading.Barrier(3)

    def keep_up(number: int) -> int:
        growing = replace(log, end=4)
        runner = ProjectionRunner(engines[number], growing, (Tally().projection,))
        together.wait()
        applied = 0
        while growing.end < 40:
            applied += runner.catch_up()
            growing.end += 1 + number
        growing.end = 40
        return applied + runner.catch_up()

    with ThreadPoolExecutor(3) as pool:
        applied = sum(pool.map(keep_up, range(3)))
    assert Tally().rows(engines[0]) == list(range(40))
    assert applied == 40
    assert position(ProjectionRunner(engines[1], log, (Tally().projection,))) == Position(
        name="tally", version=1, seq=39
    )
    for each in engines:
        each.dispose()


def test_a_rebuild_and_a_runner_that_race_apply_each_record_once(dsn: str, log: Recorded) -> None:
    engines = [open_engine(dsn) for _ in range(2)]
    tallies.create_all(engines[0])
    together = threading.Barrier(2)

    def rebuild() -> None:
        runner = ProjectionRunner(engines[0], replace(log, end=20), (Tally().projection,))
        together.wait()
        for _ in range(5):
            runner.rebuild("tally")

    def keep_up() -> None:
        runner = ProjectionRunner(engines[1], log, (Tally().projection,))
        together.wait()
        for _ in range(20):
            runner.catch_up()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(rebuild), pool.submit(keep_up)]:
            done.result()
    last = ProjectionRunner(engines[1], log, (Tally().projection,))
    last.catch_up()
    assert Tally().rows(engines[0]) == list(range(40))
    assert position(last) == Position(name="tally", version=1, seq=39)
    for each in engines:
        each.dispose()


def test_whoever_has_nothing_to_apply_needs_no_writers_lock(tmp_path: Path, log: Recorded) -> None:
    with opened(on_disk(tmp_path)) as engine:
        tallies.create_all(engine)
        runner = ProjectionRunner(engine, log, (Tally().projection,))
        runner.catch_up()
        quick = open_engine(f"sqlite:///{tmp_path}/log.db", lock_timeout_s=0.1)
        with engine.begin(), opened(quick) as impatient:
            beside = ProjectionRunner(impatient, log, (Tally().projection,))
            assert beside.catch_up() == 0
            assert beside.reached(39, timeout_s=0)


# Waiting


def test_whoever_waits_for_a_position_is_woken_when_it_is_reached(
    memory: sa.Engine, log: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "LOOK_AGAIN_S", 60.0)  # so that only notice can wake it
    runner = ProjectionRunner(memory, log, (Tally().projection,))
    waiting = threading.Event()
    wait = runner._moved.wait

    def wait_and_say(timeout: float | None = None) -> bool:
        waiting.set()
        return wait(timeout)

    monkeypatch.setattr(runner._moved, "wait", wait_and_say)
    with ThreadPoolExecutor(1) as pool:
        reached = pool.submit(runner.reached, 39, timeout_s=50)
        assert waiting.wait(10)
        runner.catch_up()
        assert reached.result(timeout=10)


def test_a_position_that_another_process_reaches_is_seen_without_notice(
    dsn: str, log: Recorded
) -> None:
    with opened(open_engine(dsn)) as engine:
        tallies.create_all(engine)
        here = ProjectionRunner(engine, log, (Tally().projection,))
        there = ProjectionRunner(engine, log, (Tally().projection,))
        with ThreadPoolExecutor(1) as pool:
            reached = pool.submit(here.reached, 39, timeout_s=30)
            there.catch_up()
            assert reached.result(timeout=30)


def test_waiting_ends_at_the_time_out_and_at_once_where_it_is_of_no_use(
    memory: sa.Engine, log: Recorded
) -> None:
    tally = Tally(then=fail_at(25, ValueError()))
    runner = ProjectionRunner(memory, log, (tally.projection,))
    assert not runner.reached(0, timeout_s=0.01)
    runner.catch_up()
    assert runner.reached(24, timeout_s=0)
    assert not runner.reached(30, timeout_s=3600), "it is stalled"
