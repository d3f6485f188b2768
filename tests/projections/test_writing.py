"""Rows are put by their primary key, gathered, and read back as they will be."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import MultipleResultsFound

from projections.rows import one
from projections.tables import BYTEWISE, JSON
from projections.writing import Rows
from tests.projections.dumps import in_memory

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


@pytest.fixture
def rows(connection: sa.Connection) -> Rows:
    """Return what writes to them."""
    return Rows(connection)


def count(connection: sa.Connection, table: sa.Table) -> int:
    """Return how many rows a table has."""
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_a_row_takes_the_place_of_one_with_the_same_key(
    connection: sa.Connection, rows: Rows
) -> None:
    rows.put(THING, name="a", part=1, subject="s", said={"words": ["é", None, 1.5]})
    rows.put(THING, name="a", part=2, subject="s")
    expected = {"name": "a", "part": 1, "subject": "s", "said": {"words": ["é", None, 1.5]}}
    assert rows.one(THING, name="a", part=1) == expected
    rows.flush()
    assert one(connection, THING, name="a", part=1) == expected
    rows.put(THING, name="a", part=1, said=[])
    rows.flush()
    found = one(connection, THING, name="a", part=1)
    assert found == {"name": "a", "part": 1, "subject": None, "said": []}
    assert count(connection, THING) == 2
    assert rows.one(THING, name="b", part=1) is None


def test_nothing_goes_out_before_it_must(connection: sa.Connection, rows: Rows) -> None:
    rows.put(MARK, name="a")
    assert count(connection, MARK) == 0
    rows.flush()
    assert count(connection, MARK) == 1
    rows.put(MARK, name="a")
    rows.flush()
    assert count(connection, MARK) == 1


def test_no_value_is_no_value_also_in_json(connection: sa.Connection, rows: Rows) -> None:
    rows.put(THING, name="a", part=1, said=None)
    rows.put(THING, name="b", part=1, said=[1])
    rows.flush()
    rows.change(THING, {"name": "b", "part": 1}, said=None)
    rows.flush()
    empty = sa.select(sa.func.count()).where(THING.c.said.is_(None))
    assert connection.execute(empty).scalar_one() == 2


def test_a_change_touches_the_rows_with_these_values_only(
    connection: sa.Connection, rows: Rows
) -> None:
    for part in (1, 2):
        rows.put(THING, name="a", part=part, said=part)
    rows.put(THING, name="b", part=1, said=1)
    rows.change(THING, {"name": "a", "part": 2}, part=3, said="changed")
    rows.change(THING, {"name": "none"}, said="changed")
    rows.change(THING, {"name": "none", "part": 1}, said="changed")
    rows.flush()
    found = connection.execute(sa.select(THING.c.name, THING.c.part, THING.c.said)).all()
    assert sorted(map(tuple, found)) == [("a", 1, 1), ("a", 3, "changed"), ("b", 1, 1)]


def test_a_change_of_a_row_that_nobody_asked_for_needs_no_look_at_it(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        metadata.create_all(connection)
        rows = Rows(connection)
        rows.put(PAIR, left="a", subject="before")
        rows.flush()
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with engine.begin() as connection:
        rows = Rows(connection)
        rows.change(PAIR, {"left": "a"}, subject="after")
        rows.change(PAIR, {"left": "none"}, subject="after")
        rows.flush()
    assert not any(each.startswith("SELECT") for each in asked)
    with engine.begin() as connection:
        assert Rows(connection).one(PAIR, left="a") == {"left": "a", "subject": "after"}


def test_several_rows_where_one_was_expected_are_refused(rows: Rows) -> None:
    rows.put(PAIR, left="a", subject="s")
    rows.put(PAIR, left="b", subject="s")
    with pytest.raises(MultipleResultsFound):
        rows.one(PAIR, subject="s")


def test_what_came_from_a_subject_is_forgotten_in_every_table(
    connection: sa.Connection, rows: Rows
) -> None:
    for subject in ("mine", "yours"):
        rows.put(THING, name=subject, part=1, subject=subject)
        rows.put(PAIR, left=subject, subject=subject)
    rows.forget((THING, PAIR), "mine")
    assert rows.one(PAIR, left="mine") is None
    rows.flush()
    assert [count(connection, table) for table in (THING, PAIR)] == [1, 1]
    assert one(connection, PAIR, subject="yours") == {"left": "yours", "subject": "yours"}


def test_what_a_database_cannot_hold_is_put_and_found_in_its_place(
    connection: sa.Connection, rows: Rows
) -> None:
    rows.put(PAIR, left="a\x00b", subject="s")
    rows.change(PAIR, {"left": "a\x00b"}, subject="\x00")
    assert rows.matching(PAIR, subject="\x00") == [{"left": "a\ufffdb", "subject": "\ufffd"}]
    rows.flush()
    assert one(connection, PAIR, left="a\x00b") == {"left": "a\ufffdb", "subject": "\ufffd"}


def test_a_column_that_is_not_there_is_refused(rows: Rows) -> None:
    with pytest.raises(ValueError, match="has no column middle, right"):
        rows.put(PAIR, left="a", right="b", middle="c")


Step = Callable[[Rows], object]

keys = st.fixed_dictionaries({"name": st.sampled_from("ab"), "part": st.integers(1, 2)})
texts = st.sampled_from(["s", "t", None])
changes = st.dictionaries(st.sampled_from(["subject", "said"]), texts, min_size=1)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda key, to: lambda rows: rows.put(THING, **key, **to),
        keys,
        st.fixed_dictionaries({"subject": texts, "said": texts}),
    ),
    st.builds(lambda key, to: lambda rows: rows.change(THING, key, **to), keys, changes),
    st.builds(
        lambda name, to: lambda rows: rows.change(THING, {"name": name}, **to),
        st.sampled_from("ab"),
        changes,
    ),
    st.builds(lambda key: lambda rows: rows.one(THING, **key), keys),
    st.builds(
        lambda text: lambda rows: rows.matching(THING, subject=text), st.sampled_from(["s", "t"])
    ),
    st.builds(lambda name: lambda rows: rows.matching(THING, name=name), st.sampled_from("ab")),
    st.builds(lambda text: lambda rows: rows.forget([THING], text), st.sampled_from("st")),
)


@settings(max_examples=150)
@given(before=st.lists(steps, max_size=6), steps=st.lists(steps, max_size=14))
def test_gathered_or_one_by_one_the_answers_and_the_rows_are_the_same(
    before: list[Step], steps: list[Step]
) -> None:
    engine = in_memory()
    answers, ends = [], []
    for gathering in (True, False):
        with engine.connect() as connection:
            metadata.create_all(connection)
            rows = Rows(connection)
            for step in before:
                step(rows)
            rows.flush()
            rows = Rows(connection)
            found = []
            for step in steps:
                found.append(step(rows))
                if not gathering:
                    rows.flush()
                    rows = Rows(connection)
            rows.flush()
            answers.append(found)
            ends.append(sorted(map(repr, connection.execute(sa.select(THING)))))
            connection.rollback()
            metadata.drop_all(connection)
            connection.commit()
    assert answers[0] == answers[1]
    assert ends[0] == ends[1]
    engine.dispose()
