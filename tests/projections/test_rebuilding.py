"""A rebuild can be killed, stopped and overtaken; readers see all old rows or all new ones."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from adapters.database import open_engine
from domain.errors import Unavailable
from domain.events.record import Record
from projections import beside, rebuilding
from projections.catalogue import ALL
from projections.position import Position
from projections.rows import erased_subject
from projections.runner import ProjectionRunner
from projections.statements import Place, name_in
from projections.tables import ERASED, REBUILD, Projection
from projections.writing import Rows
from tests.projections.clinic import Clinic, a_clinic
from tests.projections.dumps import dump, in_memory, on_disk, rebuilt
from tests.projections.recorded import Recorded, recorded
from tests.projections.test_erasure import MARK, PICTURE, a_marked_visit, planted

NAMES = tuple(each.name for each in ALL)
END = 40
metadata = sa.MetaData()
LINE = sa.Table(
    "line",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, index=True),
)


class Lines:
    """A projection with a line a record, which says which version wrote it."""

    def __init__(self, version: int) -> None:
        """Write lines of a version."""
        self.version = version
        self.seen: list[int] = []
        self.refused: int | None = None

    @property
    def projection(self) -> Projection:
        """The projection itself."""
        return Projection(name="lines", version=self.version, tables=(LINE,), apply=self.apply)

    def apply(self, rows: Rows, record: Record) -> None:
        """Write a line."""
        if record.seq == self.refused:
            raise ValueError
        self.seen.append(record.seq)
        rows.put(LINE, seq=record.seq, version=self.version)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fill few records at a time."""
    monkeypatch.setattr(rebuilding, "FILL", 15)
    monkeypatch.setattr(beside, "PIECE", 15)


@pytest.fixture
def log(eventful: Clinic) -> Recorded:
    """Return forty records."""
    return recorded(eventful.log, end=END)


@pytest.fixture
def lined(engine: sa.Engine, log: Recorded) -> sa.Engine:
    """Return a database of each kind with the lines of version 1."""
    metadata.create_all(engine)
    ProjectionRunner(engine, log, (Lines(1).projection,)).catch_up()
    return engine


def lines(engine: sa.Engine) -> set[tuple[int, int]]:
    """Return what a reader sees: how many lines of which version there are."""
    with engine.execution_options(reading=True).connect() as connection:
        versions = list(connection.execute(sa.select(LINE.c.version)).scalars())
    return {(version, versions.count(version)) for version in versions}


def leftovers(engine: sa.Engine) -> list[str]:
    """Return the tables and notes that a rebuild left."""
    with engine.connect() as connection:
        names = [each for each in sa.inspect(connection).get_table_names() if "__" in each]
        names += beside.standing_beside(connection)
        notes = [*connection.execute(sa.select(REBUILD.c.name)).scalars()]
        erased = sa.select(ERASED.c.projection).where(ERASED.c.projection.like("%beside"))
        return [*names, *notes, *connection.execute(erased).scalars()]


# Killed


def kill_at(engine: sa.Engine, number: int) -> Iterator[None]:
    """Raise what nothing catches at a statement, or at a commit, by number."""
    left = number

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt

    sa.event.listen(engine, "before_cursor_execute", count)
    sa.event.listen(engine, "commit", count)
    yield
    sa.event.remove(engine, "before_cursor_execute", count)
    sa.event.remove(engine, "commit", count)


def survive(engine: sa.Engine, log: Recorded, number: int) -> bool:
    """Kill a rebuild at a step, look, and let the next start finish it; true when it was killed."""
    killed = False
    killing = kill_at(engine, number)
    next(killing)
    try:
        ProjectionRunner(engine, log, (Lines(2).projection,)).prepare()
    except KeyboardInterrupt:
        killed = True
    finally:
        with suppress(StopIteration):
            next(killing)
    engine.dispose()  # what a dead process held
    assert lines(engine) in ({(1, END)}, {(2, END)}), f"killed at step {number}"
    again = ProjectionRunner(engine, log, (Lines(2).projection,))
    again.prepare()
    assert lines(engine) == {(2, END)}, f"killed at step {number}"
    assert again.positions() == (Position(name="lines", version=2, seq=END - 1),)
    assert leftovers(engine) == []
    return killed


@pytest.mark.verifies("REQ-IN-009")
def test_killed_at_any_step_readers_see_old_or_new_and_the_next_start_finishes(
    tmp_path: Path, log: Recorded
) -> None:
    made = on_disk(tmp_path)
    metadata.create_all(made)
    ProjectionRunner(made, log, (Lines(1).projection,)).catch_up()
    made.dispose()
    number, killed = 0, True
    while killed:  # at every statement and every commit
        shutil.copy(tmp_path / "log.db", tmp_path / "copy.db")
        engine = open_engine(f"sqlite:///{tmp_path}/copy.db")
        killed = survive(engine, log, number)
        with engine.connect() as connection:
            check = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        assert check == ["ok"]
        engine.dispose()
        number += 1
    assert number > 50


@pytest.mark.parametrize("number", range(2, 62, 6))
def test_killed_on_either_database_it_is_the_same(
    lined: sa.Engine, log: Recorded, number: int
) -> None:
    assert survive(lined, log, number) or number > 30


# What was stopped goes on


def test_what_is_told_to_stop_goes_on_from_where_it_was(lined: sa.Engine, log: Recorded) -> None:
    second = Lines(2)
    runner = ProjectionRunner(lined, log, (second.projection,))
    runner.prepare(stopping=lambda: True)
    assert second.seen == list(range(15))
    assert lines(lined) == {(1, END)}
    later = Lines(2)
    ProjectionRunner(lined, log, (later.projection,)).prepare()
    assert later.seen == list(range(15, END))
    assert lines(lined) == {(2, END)}


def test_what_another_version_began_is_begun_again(lined: sa.Engine, log: Recorded) -> None:
    ProjectionRunner(lined, log, (Lines(2).projection,)).prepare(stopping=lambda: True)
    third = Lines(3)
    ProjectionRunner(lined, log, (third.projection,)).prepare()
    assert third.seen == list(range(END))
    assert lines(lined) == {(3, END)}
    assert leftovers(lined) == []


def test_what_goes_beyond_a_restored_log_is_begun_again(lined: sa.Engine, log: Recorded) -> None:
    ProjectionRunner(lined, log, (Lines(2).projection,)).prepare(stopping=lambda: True)
    restored = replace(log, end=10)
    ProjectionRunner(lined, restored, (Lines(2).projection,)).prepare()
    assert lines(lined) == {(2, 10)}


def test_new_records_are_applied_to_what_is_read_while_it_is_rebuilt(
    lined: sa.Engine, log: Recorded
) -> None:
    log.end = 20
    runner = ProjectionRunner(lined, log, (Lines(1).projection,))
    runner.rebuild("lines", until=15)
    seen: list[int] = []

    def record_more(_name: str, _done: int, _total: int) -> None:
        log.end = min(END, log.end + 7)
        runner.catch_up()
        seen.append(sum(number for _, number in lines(lined)))

    log.end = 20
    runner.rebuild("lines", progress=record_more)
    assert seen[0] == 27, "read at once"
    assert seen == sorted(seen), "and never lost again"
    runner.catch_up()
    assert lines(lined) == {(1, log.end)}


def test_two_who_rebuild_at_once_share_the_work(lined: sa.Engine, log: Recorded) -> None:
    first, second = Lines(2), Lines(2)
    other = ProjectionRunner(lined, log, (second.projection,))
    told: list[int] = []

    def meanwhile(_name: str, done: int, _total: int) -> None:
        if not told:
            told.append(done)
            other.rebuild("lines")

    with suppress(Unavailable):
        ProjectionRunner(lined, log, (first.projection,)).rebuild("lines", progress=meanwhile)
    assert sorted({*first.seen, *second.seen}) == list(range(END))
    assert lines(lined) == {(2, END)}


def test_a_record_that_cannot_be_applied_takes_nothing_from_readers_that_they_had(
    lined: sa.Engine, log: Recorded
) -> None:
    broken = Lines(1)
    broken.refused = 25
    runner = ProjectionRunner(lined, log, (broken.projection,))
    with capture_logs() as said:
        runner.rebuild("lines")
    assert lines(lined) == {(1, END)}
    assert [(each["event"], each["seq"]) for each in said] == [("projection stalled", 25)]
    assert leftovers(lined) == []


@pytest.mark.parametrize("refused", [0, 14, 15, 38, 39])
def test_a_changed_version_stalls_just_before_such_a_record(
    lined: sa.Engine, log: Recorded, refused: int
) -> None:
    broken = Lines(2)
    broken.refused = refused
    runner = ProjectionRunner(lined, log, (broken.projection,))
    runner.prepare()
    assert runner.positions() == (
        Position(
            name="lines",
            version=2,
            seq=refused - 1,
            stalled_seq=refused,
            stalled_why="ValueError",
        ),
    )
    assert lines(lined) == ({(2, refused)} if refused else set())
    broken.refused = None
    runner.catch_up()
    assert lines(lined) == {(2, END)}


def test_where_no_tables_can_be_made_those_that_are_read_are_filled_again(
    engine: sa.Engine, eventful: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "can_stand_beside", lambda *_: False)
    runner = ProjectionRunner(engine, eventful.log, ALL)
    runner.catch_up()
    expected = dump(engine)
    runner.rebuild(*NAMES)
    assert dump(engine) == expected
    runner.rebuild("subject", until=12)
    assert dump(engine, ALL[1]) == {
        table.name: rebuilt(eventful.log, until=12)[table.name] for table in ALL[1].tables
    }


def test_where_no_tables_can_be_made_a_record_that_cannot_be_applied_stalls(
    lined: sa.Engine, log: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "can_stand_beside", lambda *_: False)
    broken = Lines(2)
    broken.refused = 25
    runner = ProjectionRunner(lined, log, (broken.projection,))
    runner.prepare()
    (found,) = runner.positions()
    assert (found.seq, found.stalled_seq, found.stalled_why) == (24, 25, "ValueError")
    assert lines(lined) == {(2, 25)}


# Erased meanwhile


def standing(engine: sa.Engine) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of every table that stands beside."""
    with engine.connect() as connection:
        there = beside.standing_beside(connection)
        return {
            table.name: [
                tuple(row)
                for row in connection.exec_driver_sql(
                    f"SELECT * FROM {name_in(table, Place.BESIDE, engine.dialect.name)}"  # noqa: S608
                )
            ]
            for each in ALL
            for table in each.tables
            if table.name in there
        }


@pytest.mark.verifies("DRV-10")
@pytest.mark.parametrize("destroyed", [True, False], ids=["key gone", "key still there"])
def test_an_erasure_while_tables_stand_beside_leaves_nothing_there_either(
    engine: sa.Engine, *, destroyed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_clinic()
    visit = a_marked_visit(clinic)
    clinic.request_erasure(visit.who, f"{MARK} asked for it")
    runner = ProjectionRunner(engine, clinic.log, ALL)
    runner.catch_up()
    monkeypatch.setattr(rebuilding, "FILL", clinic.log.size() // 2)
    runner.rebuild(*NAMES, stopping=lambda: True)
    assert planted(standing(engine)) != set()
    clinic.approve_erasure(visit.who)
    if destroyed:
        clinic.destroy(visit.who)
    runner.catch_up()
    assert planted(dump(engine)) == set()
    assert planted(standing(engine)) == set()
    looks = []
    monkeypatch.setattr(rebuilding, "FILL", 9)
    runner.rebuild(*NAMES, progress=lambda *_: looks.append(planted(standing(engine))))
    assert len(looks) > len(NAMES)
    assert not any(looks)
    clinic.destroy(visit.who)
    assert dump(engine) == rebuilt(clinic.log)


def test_tables_that_cannot_take_an_erasure_are_begun_again(engine: sa.Engine) -> None:
    metadata.create_all(engine)
    clinic = a_clinic()
    visit = a_marked_visit(clinic)
    first = Lines(1)

    def apply(rows: Rows, record: Record) -> None:
        if erased_subject(record) is not None and record.seq in first.seen:
            raise ValueError
        first.apply(rows, record)

    runner = ProjectionRunner(engine, clinic.log, (replace(first.projection, apply=apply),))
    runner.catch_up()
    runner.rebuild("lines", stopping=lambda: True)
    clinic.erase(visit.who)
    with capture_logs() as said:
        runner.catch_up()
    assert [each["event"] for each in said] == ["rebuild discarded"]
    assert lines(engine) == {(1, clinic.log.size())}, "what is read took it"
    first.seen.clear()
    runner.rebuild("lines")
    assert first.seen == list(range(clinic.log.size()))
    assert leftovers(engine) == []


def test_nothing_of_the_erased_stays_in_the_file_after_a_rebuild(tmp_path: Path) -> None:
    clinic = a_clinic()
    visit = a_marked_visit(clinic)
    clinic.request_erasure(visit.who, f"{MARK} asked for it")
    engine = on_disk(tmp_path)
    runner = ProjectionRunner(engine, clinic.log, ALL)
    runner.catch_up()
    runner.rebuild(*NAMES)
    runner.rebuild(*NAMES, stopping=lambda: True)
    clinic.approve_erasure(visit.who)
    clinic.destroy(visit.who)
    runner.catch_up()
    runner.rebuild(*NAMES)
    engine.dispose()
    left = b"".join(each.read_bytes() for each in tmp_path.glob("log.db*")).lower()
    assert MARK.encode() not in left
    assert PICTURE.encode() not in left


def test_content_that_was_never_applied_is_not_looked_for() -> None:
    clinic = a_clinic()
    visit = a_marked_visit(clinic)
    clinic.request_erasure(visit.who, "asked for it")
    clinic.approve_erasure(visit.who)
    clinic.destroy(visit.who)
    engine = in_memory()
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    ProjectionRunner(engine, clinic.log, ALL).rebuild(*NAMES)
    assert not any("DELETE" in each and '"subject" = ?' in each for each in asked)
    assert dump(engine) == rebuilt(clinic.log)
    engine.dispose()
