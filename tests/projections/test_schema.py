"""The tables that migrations make are the tables the code works with, on both databases."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from adapters import accounts, positions
from projections.catalogue import ALL
from projections.tables import ERASED, POSITION, REBUILD, metadata


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param(metadata, id="projections"),
        pytest.param(accounts.ACCOUNT.metadata, id="accounts"),
        pytest.param(positions.metadata, id="positions"),
    ],
)
def test_migrations_and_metadata_agree(engine: sa.Engine, expected: sa.MetaData) -> None:
    def is_ours(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or name in expected.tables

    with engine.connect() as connection:
        options = {"compare_type": True, "include_name": is_ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, expected) == []


def test_a_difference_would_be_found(engine: sa.Engine) -> None:
    expected = sa.MetaData()
    POSITION.to_metadata(expected).append_column(sa.Column("more", sa.Text))
    sa.Index("ix_more", expected.tables[POSITION.name].c.seq)
    with engine.connect() as connection:
        options = {"include_name": lambda name, kind, _: kind != "table" or name == POSITION.name}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), expected)
    assert {difference[0] for difference in found} == {"add_column", "add_index"}


def test_text_that_is_searched_by_its_beginning_is_in_order_of_its_bytes(
    engine: sa.Engine,
) -> None:
    if engine.dialect.name == "postgresql":
        asked = "SELECT collation_name FROM information_schema.columns WHERE column_name = 'word'"
        with engine.connect() as connection:
            assert connection.execute(sa.text(asked)).scalar() == "C"


def test_every_table_belongs_to_exactly_one_projection_or_to_the_runner() -> None:
    owned = [table.name for each in ALL for table in each.tables]
    assert sorted([*owned, POSITION.name, ERASED.name, REBUILD.name]) == sorted(metadata.tables)
    names = [each.name for each in ALL]
    assert len(set(names)) == len(names)
