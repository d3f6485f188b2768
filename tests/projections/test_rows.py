"""Rows are put by their primary key, changed where they are, and read back as they were."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from projections.rows import change, forget, one, put, put_new
from projections.tables import BYTEWISE, JSON

metadata = sa.MetaData()
THING = sa.Table(
    "thing",
    metadata,
    sa.Column("name", BYTEWISE, primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("subject", sa.Text, nullable=True),
    sa.Column("said", JSON, nullable=True),
)
PAIR = sa.Table(
    "pair", metadata, sa.Column("left", sa.Text, primary_key=True), sa.Column("subject", sa.Text)
)
MARK = sa.Table("mark", metadata, sa.Column("name", sa.Text, primary_key=True))


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Return a connection to a database with these tables."""
    with engine.begin() as connection:
        metadata.create_all(connection)
        yield connection


def count(connection: sa.Connection, table: sa.Table) -> int:
    """Return how many rows a table has."""
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_a_row_takes_the_place_of_one_with_the_same_key(connection: sa.Connection) -> None:
    put(connection, THING, name="a", part=1, subject="s", said={"words": ["é", None, 1.5]})
    put(connection, THING, name="a", part=2, subject="s")
    found = one(connection, THING, name="a", part=1)
    assert found == {"name": "a", "part": 1, "subject": "s", "said": {"words": ["é", None, 1.5]}}
    put(connection, THING, name="a", part=1, said=[])
    found = one(connection, THING, name="a", part=1)
    assert found == {"name": "a", "part": 1, "subject": None, "said": []}
    assert count(connection, THING) == 2
    assert one(connection, THING, name="b", part=1) is None


def test_a_row_that_is_all_key_is_put_again(connection: sa.Connection) -> None:
    for _ in range(2):
        put(connection, MARK, name="a")
    assert count(connection, MARK) == 1


def test_a_new_row_leaves_one_that_is_there(connection: sa.Connection) -> None:
    put_new(connection, PAIR, left="a", subject="first")
    put_new(connection, PAIR, left="a", subject="second")
    assert one(connection, PAIR, left="a") == {"left": "a", "subject": "first"}


def test_no_value_is_no_value_also_in_json(connection: sa.Connection) -> None:
    put(connection, THING, name="a", part=1, said=None)
    change(connection, THING, {"name": "a"}, said=None)
    empty = sa.select(sa.func.count()).where(THING.c.said.is_(None))
    assert connection.execute(empty).scalar_one() == 1


def test_a_change_touches_the_rows_with_these_values_only(connection: sa.Connection) -> None:
    for part in (1, 2):
        put(connection, THING, name="a", part=part, said=part)
    put(connection, THING, name="b", part=1, said=1)
    change(connection, THING, {"name": "a", "part": 2}, part=3, said="changed")
    change(connection, THING, {"name": "none"}, said="changed")
    rows = connection.execute(sa.select(THING.c.name, THING.c.part, THING.c.said)).all()
    assert sorted(map(tuple, rows)) == [("a", 1, 1), ("a", 3, "changed"), ("b", 1, 1)]


def test_what_came_from_a_subject_is_forgotten_in_every_table(connection: sa.Connection) -> None:
    for subject in ("mine", "yours"):
        put(connection, THING, name=subject, part=1, subject=subject)
        put(connection, PAIR, left=subject, subject=subject)
    forget(connection, (THING, PAIR), "mine")
    assert [count(connection, table) for table in (THING, PAIR)] == [1, 1]
    assert one(connection, PAIR, subject="yours") == {"left": "yours", "subject": "yours"}


def test_what_a_database_cannot_hold_is_put_and_found_in_its_place(
    connection: sa.Connection,
) -> None:
    put(connection, PAIR, left="a\x00b", subject="s")
    assert one(connection, PAIR, left="a\x00b") == {"left": "a\ufffdb", "subject": "s"}


def test_a_column_that_is_not_there_is_refused(connection: sa.Connection) -> None:
    with pytest.raises(ValueError, match="pair has no column middle, right"):
        put(connection, PAIR, left="a", right="b", middle="c")
