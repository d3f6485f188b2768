"""Databases are made and brought up to date whole, whoever else starts at the same time."""

import multiprocessing
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from adapters import database
from adapters.database import (
    connection_parameters,
    engine_errors,
    migrate,
    open_engine,
    reading,
    sqlite_name,
)
from adapters.eventlog.postgres import HELD_S
from domain.errors import MalformedInput, Unavailable


@pytest.fixture
def dsn(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the name of an empty database of the kind asked for."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/log.db"
    return str(request.getfixturevalue("postgres_dsn"))


both = pytest.mark.parametrize("dsn", ["sqlite", "postgresql"], indirect=True)


def tables(dsn: str) -> set[str]:
    """Return the names of all tables."""
    engine = open_engine(dsn)
    names = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return names


# Making tables from several processes at once fails, unless one waits for the other. [trap 7]
@both
def test_processes_that_start_at_once_make_the_tables_once(dsn: str) -> None:
    fork = multiprocessing.get_context("fork")
    starts = [fork.Process(target=migrate, args=(dsn,)) for _ in range(4)]
    for start in starts:
        start.start()
    for start in starts:
        start.join(60)
        assert start.exitcode == 0
    assert set(database.APPEND_ONLY) < tables(dsn)


@both
def test_threads_that_start_at_once_make_the_tables_once(dsn: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [dsn] * 4))
    assert set(database.APPEND_ONLY) < tables(dsn)


@both
def test_a_migration_that_fails_leaves_nothing(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = command.upgrade

    def upgrade_and_fail(config: Config, revision: str) -> None:
        upgrade(config, revision)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "upgrade", upgrade_and_fail)
    with pytest.raises(KeyboardInterrupt):
        migrate(dsn)
    assert tables(dsn) == set()
    monkeypatch.undo()
    migrate(dsn)
    assert set(database.APPEND_ONLY) < tables(dsn)


@both
def test_migrating_again_changes_nothing(dsn: str) -> None:
    migrate(dsn)
    before = tables(dsn)
    migrate(dsn)
    assert tables(dsn) == before


@both
def test_a_reading_transaction_does_not_wait_for_a_writer(dsn: str) -> None:
    migrate(dsn)
    engine = open_engine(dsn)
    with engine.begin() as writer, reading(engine).connect() as reader:
        writer.execute(sa.text("INSERT INTO log_owner VALUES (1, 'clinic')"))
        assert reader.execute(sa.text("SELECT count(*) FROM log_owner")).scalar() == 0
    engine.dispose()


def test_a_writing_transaction_on_sqlite_waits_and_does_not_fail_half_way(tmp_path: Path) -> None:
    dsn = f"sqlite:///{tmp_path}/log.db"
    migrate(dsn)
    engine = open_engine(dsn, lock_timeout_s=0.2)
    with engine.begin(), pytest.raises(Unavailable), engine_errors(), engine.begin():
        pytest.fail("two writers hold the lock")
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    engine.dispose()


# The case of a leader that was paused while it saved its position.
@pytest.mark.verifies("REQ-IN-002")
def test_whoever_stands_still_in_a_transaction_loses_what_it_holds(postgres_dsn: str) -> None:
    migrate(postgres_dsn)
    standing, moving = open_engine(postgres_dsn), open_engine(postgres_dsn)
    save = sa.text(
        "INSERT INTO worker_position (reader, seq) VALUES ('r', :seq) "
        "ON CONFLICT (reader) DO UPDATE SET seq = excluded.seq"
    )
    with standing.connect() as paused:
        (default,) = paused.execute(sa.text("SHOW idle_in_transaction_session_timeout")).one()
        assert default == f"{database.IDLE_IN_TRANSACTION_S:g}s"
        paused.execute(save, {"seq": 1})
        paused.execute(sa.text("SET idle_in_transaction_session_timeout = '2s'"))
        with moving.begin() as other:
            other.execute(save, {"seq": 2})
        with pytest.raises(Unavailable, match="25P03"), engine_errors():
            paused.execute(save, {"seq": 3})
        paused.invalidate()
    with standing.connect() as again:
        assert again.execute(sa.text("SELECT seq FROM worker_position")).scalar_one() == 2
    standing.dispose()
    moving.dispose()


def test_whoever_waits_outlives_two_who_stand_still() -> None:
    assert 2 * database.IDLE_IN_TRANSACTION_S < database.LOCK_TIMEOUT_S
    assert database.IDLE_IN_TRANSACTION_S < HELD_S < database.LOCK_TIMEOUT_S


def test_nobody_waits_for_a_lock_for_ever(postgres_dsn: str) -> None:
    for engine, waits in [
        (open_engine(postgres_dsn), f"{database.LOCK_TIMEOUT_S:g}s"),
        (open_engine(postgres_dsn, lock_timeout_s=1.5), "1500ms"),
    ]:
        with engine.connect() as connection:
            assert connection.execute(sa.text("SHOW lock_timeout")).scalar_one() == waits
        engine.dispose()


def test_a_migration_that_stands_still_does_not_keep_another_waiting_for_ever(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MIGRATION_TIMEOUT_S", 0.5)
    with psycopg.connect(postgres_dsn) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (database._MIGRATION_LOCK,))
        with pytest.raises(Unavailable, match="55P03"):
            migrate(postgres_dsn)
    migrate(postgres_dsn)


def test_what_a_dsn_asks_of_the_server_is_asked_beside_what_we_ask(postgres_dsn: str) -> None:
    dsn = f"{postgres_dsn}?options=-c%20work_mem%3D8MB%20-c%20lock_timeout%3D3s"
    engine = open_engine(dsn)
    with engine.connect() as connection:
        for name, value in [
            ("work_mem", "8MB"),
            ("lock_timeout", "3s"),
            ("jit", "off"),
            ("idle_in_transaction_session_timeout", f"{database.IDLE_IN_TRANSACTION_S:g}s"),
        ]:
            assert connection.execute(sa.text(f"SHOW {name}")).scalar_one() == value
    engine.dispose()


@pytest.mark.parametrize(("pragma", "value"), [("synchronous", 2), ("foreign_keys", 1)])
def test_every_sqlite_connection_is_durable(tmp_path: Path, pragma: str, value: int) -> None:
    migrate(f"sqlite:///{tmp_path}/log.db")
    engine = open_engine(f"sqlite:///{tmp_path}/log.db")
    with reading(engine).connect() as connection:
        assert connection.execute(sa.text(f"PRAGMA {pragma}")).scalar() == value
    engine.dispose()


def test_a_new_database_file_is_its_owners_alone(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/log.db")
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        migrate("sqlite:////proc/nowhere/log.db")
    with pytest.raises(Unavailable):
        migrate("postgresql://nobody@127.0.0.1:1/none")


def test_an_installation_without_migrations_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_SCRIPTS", (tmp_path / "nowhere",))
    with pytest.raises(Unavailable, match="migrations"):
        migrate(f"sqlite:///{tmp_path}/log.db")


@pytest.mark.parametrize(
    ("dsn", "name"),
    [
        ("sqlite:////var/lib/vultus/log.db", "file:/var/lib/vultus/log.db?mode=rw"),
        ("sqlite:///log.db?mode=ro", "file:log.db?mode=ro"),
        ("sqlite:////tmp/a b%3F.db", "file:/tmp/a%20b%3F.db?mode=rw"),
        ("postgresql://vultus@db/vultus", None),
    ],
)
def test_a_dsn_names_a_file_or_a_server(dsn: str, name: str | None) -> None:
    assert sqlite_name(dsn) == name


@pytest.mark.parametrize("dsn", ["", "memory", "sqlite://", "mysql://x/y", "postgresql+x://y/z"])
def test_any_other_dsn_is_refused(dsn: str) -> None:
    with pytest.raises(MalformedInput):
        open_engine(dsn)


def test_a_database_may_have_several_hosts_and_loses_nothing_of_its_name() -> None:
    dsn = "postgresql://clerk@first:5432,second:5433/record?target_session_attrs=read-write"
    assert sqlite_name(dsn) is None
    found = connection_parameters(dsn)
    assert (found["host"], found["port"]) == ("first,second", "5432,5433")
    assert found["target_session_attrs"] == "read-write"
    assert found["connect_timeout"] == "5"
    assert connection_parameters(f"{dsn}&connect_timeout=9")["connect_timeout"] == "9"


def test_a_name_that_is_none_is_refused_without_its_password() -> None:
    with pytest.raises(MalformedInput) as refused:
        sqlite_name("postgresql://clerk:hunter2@database/record?no_such_option=1")
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None
