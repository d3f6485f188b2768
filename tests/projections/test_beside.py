"""Tables that were rebuilt beside are those that migrations make, by every name."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from projections import beside
from projections.catalogue import ALL
from projections.runner import ProjectionRunner
from projections.statements import BESIDE_SCHEMA
from tests.projections.clinic import Clinic
from tests.projections.dumps import dump, on_disk

NAMES = tuple(each.name for each in ALL)
POSTGRESQL = {
    "columns": "SELECT * FROM information_schema.columns WHERE table_schema = 'public' ORDER BY "
    "table_name, ordinal_position",
    "indexes": "SELECT * FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname",
    "constraints": "SELECT conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid) "
    "FROM pg_constraint ORDER BY 1, 2",
    "rights": "SELECT relname, relkind, pg_get_userbyid(relowner), relacl::text FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace ORDER BY relname",
}


def described(engine: sa.Engine) -> dict[str, list[str]]:
    """Return everything a database says about its tables."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            return {
                name: [repr(tuple(row)) for row in connection.exec_driver_sql(query)]
                for name, query in POSTGRESQL.items()
            }
        asked = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
        rows = connection.exec_driver_sql(asked).all()
        # Renaming puts the name of a table in quotation marks, and a column that was added later
        # stands on no line of its own: both change nothing.
        return {"schema": [re.sub(r'(["\s]|\\n|\\t)+', " ", repr(tuple(row))) for row in rows]}


@pytest.mark.verifies("REQ-IN-009")
def test_tables_that_were_rebuilt_have_the_shape_and_the_rights_that_they_had(
    engine: sa.Engine, eventful: Clinic
) -> None:
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql("GRANT SELECT ON audit_trail TO pg_monitor")
    runner = ProjectionRunner(engine, eventful.log, ALL)
    runner.catch_up()
    made, rows = described(engine), dump(engine)
    for _ in range(2):
        runner.rebuild(*NAMES)
        assert described(engine) == made
    assert dump(engine) == rows
    with engine.connect() as connection:
        assert beside.standing_beside(connection) == frozenset()
        if engine.dialect.name == "sqlite":
            check = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            assert check == ["ok"]


def test_a_reader_who_began_before_reads_the_old_tables_to_the_end(
    tmp_path: Path, eventful: Clinic
) -> None:
    # On SQLite only: on PostgreSQL the swap waits until nobody reads.
    engine = on_disk(tmp_path)
    runner = ProjectionRunner(engine, eventful.log, ALL)
    runner.catch_up()
    asked = "SELECT count(*) FROM audit_trail"
    with engine.execution_options(reading=True).connect() as reader:
        before = reader.exec_driver_sql(asked).scalar_one()
        runner.rebuild("audit-trail", until=3)
        assert reader.exec_driver_sql(asked).scalar_one() == before
        reader.rollback()
        assert reader.exec_driver_sql(asked).scalar_one() == 4
    engine.dispose()


def test_a_changed_shape_is_told_apart(engine: sa.Engine) -> None:
    shapes = {beside.shape(each, engine.dialect) for each in ALL}
    assert len(shapes) == len(ALL)
    assert beside.shape(ALL[0], engine.dialect) in shapes


def test_whoever_may_not_make_tables_is_found_out(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert all(beside.can_stand_beside(connection, each) for each in ALL)
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("CREATE ROLE only_writes")
            connection.exec_driver_sql("GRANT ALL ON ALL TABLES IN SCHEMA public TO only_writes")
            connection.exec_driver_sql("SET LOCAL ROLE only_writes")
            assert not any(beside.can_stand_beside(connection, each) for each in ALL)
            connection.exec_driver_sql("RESET ROLE")
            connection.exec_driver_sql(f"CREATE SCHEMA {BESIDE_SCHEMA}")
            connection.exec_driver_sql("SET LOCAL ROLE only_writes")
            assert not any(beside.can_stand_beside(connection, each) for each in ALL)
        connection.rollback()


def test_a_rebuilt_table_is_counted_before_it_is_read(engine: sa.Engine, eventful: Clinic) -> None:
    if engine.dialect.name == "sqlite":
        return  # it plans without counting
    runner = ProjectionRunner(engine, eventful.log, ALL)
    runner.catch_up()
    counted = "SELECT reltuples FROM pg_class WHERE oid = 'trace_edge'::regclass"
    runner.rebuild("traceability")
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM trace_edge").scalar_one()
        assert rows > 0
        assert connection.exec_driver_sql(counted).scalar_one() == rows
