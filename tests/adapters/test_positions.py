"""Positions and records set aside, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.database import migrate, open_engine
from adapters.positions import (
    DatabasePositions,
    SetAside,
    SetAsideRecords,
    Stop,
    metadata,
)
from domain.errors import Unavailable
from tests.builders import later


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Return a migrated, empty database of each kind."""
    if request.param == "sqlite":
        dsn = f"sqlite:///{tmp_path}/vultus.sqlite"
    else:
        dsn = str(request.getfixturevalue("postgres_dsn"))
    migrate(dsn)
    made = open_engine(dsn)
    yield made
    made.dispose()


def aside(seq: int, lane: str = "subject:a", why: str = "MalformedInput") -> SetAside:
    """Return a record that was set aside."""
    return SetAside(seq=seq, lane=lane, tries=1, again_at=later(1), why=why)


def test_the_migrations_make_the_tables_that_are_used(engine: sa.Engine) -> None:
    inspected = sa.inspect(engine)
    for table in metadata.sorted_tables:
        columns = {each["name"]: each["nullable"] for each in inspected.get_columns(table.name)}
        assert columns == {each.name: each.nullable for each in table.columns}
        keys = inspected.get_pk_constraint(table.name)["constrained_columns"]
        assert keys == [each.name for each in table.primary_key]


def test_a_position_is_where_it_was_saved_and_never_moves_back(engine: sa.Engine) -> None:
    positions = DatabasePositions(engine)
    assert positions.load("workers") == -1
    positions.save("workers", 0)
    positions.save("others", 7)
    positions.save("workers", 4)
    positions.save("workers", 3)
    assert DatabasePositions(engine).load("workers") == 4
    assert positions.load("others") == 7


def test_a_stop_is_remembered_until_the_reader_goes_on(engine: sa.Engine) -> None:
    positions = DatabasePositions(engine)
    positions.stop("workers", Stop(seq=0, why="DigestMismatch"))
    assert positions.load("workers") == -1
    assert DatabasePositions(engine).stopped("workers") == Stop(seq=0, why="DigestMismatch")
    positions.save("workers", 0)
    assert positions.stopped("workers") is None
    positions.stop("workers", Stop(seq=1, why="ChainBroken"))
    assert positions.load("workers") == 0
    positions.go_on("workers")
    assert positions.stopped("workers") is None
    assert positions.load("workers") == 0


def test_records_set_aside_are_kept_in_the_order_of_the_log(engine: sa.Engine) -> None:
    mine, others = SetAsideRecords(engine, "workers"), SetAsideRecords(engine, "others")
    mine.add(aside(9))
    mine.add(aside(3, lane="subject:b"))
    others.add(aside(3))
    mine.add(aside(9, why="again"))
    assert mine.all() == (aside(3, lane="subject:b"), aside(9))
    changed = SetAside(seq=9, lane="subject:a", tries=2, again_at=later(5), why="TypeError")
    mine.failed(changed)
    assert mine.all()[1] == changed
    mine.done(3)
    assert [each.seq for each in mine.all()] == [9]
    assert [each.seq for each in others.all()] == [3]


def test_a_database_that_is_away_is_unavailable(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/nowhere/vultus.sqlite")
    positions, set_aside = DatabasePositions(engine), SetAsideRecords(engine, "workers")
    for ask in (
        lambda: positions.load("workers"),
        lambda: positions.save("workers", 1),
        lambda: positions.stop("workers", Stop(seq=1, why="x")),
        lambda: positions.stopped("workers"),
        lambda: positions.go_on("workers"),
        set_aside.all,
        lambda: set_aside.add(aside(1)),
        lambda: set_aside.failed(aside(1)),
        lambda: set_aside.done(1),
    ):
        with pytest.raises(Unavailable):
            ask()
    engine.dispose()


def test_a_position_that_is_held_moves_with_what_was_done_or_not_at_all(engine: sa.Engine) -> None:
    positions = DatabasePositions(engine)
    with engine.begin() as connection:
        assert positions.hold(connection, "once") == -1
        positions.move(connection, "once", 4)
    assert positions.load("once") == 4
    with engine.connect() as connection:
        begun = connection.begin()
        assert positions.hold(connection, "once") == 4
        positions.move(connection, "once", 9)
        begun.rollback()
    with engine.begin() as connection:
        positions.move(connection, "once", 3)
    assert positions.load("once") == 4
