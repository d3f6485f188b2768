"""Places are tried by writing to them, and left as they were."""

import errno
import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.database import open_engine
from adapters.storage_probe import LOW_BYTES, Place, probe_database, probe_folder
from tests.projections.dumps import on_disk


def test_a_folder_that_takes_a_file_is_writable_and_stays_empty(tmp_path: Path) -> None:
    found = probe_folder("data", tmp_path)

    assert found.writable
    assert found.free_bytes is not None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("call", "number", "reason"),
    [
        ("write", errno.ENOSPC, "the disk is full"),
        ("fsync", errno.ENOSPC, "the disk is full"),
        ("fsync", errno.EDQUOT, "the quota is used up"),
        ("open", errno.EROFS, "the file system is read-only"),
        ("open", errno.EACCES, "the service may not write there"),
        ("write", errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_why_a_folder_takes_nothing_is_said_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, reason: str
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, refuse)
        found = probe_folder("data", tmp_path)

    assert (found.writable, found.reason) == (False, reason)
    assert found.next_step
    assert list(tmp_path.iterdir()) == []
    assert probe_folder("data", tmp_path).writable


def test_a_folder_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    assert probe_folder("data", tmp_path / "gone").reason == "the folder is gone"


def test_little_room_is_said_before_it_is_none() -> None:
    assert Place(name="data", writable=True, free_bytes=LOW_BYTES - 1).low
    assert not Place(name="data", writable=True, free_bytes=LOW_BYTES).low
    assert not Place(name="database", writable=True).low


def test_a_database_that_can_only_be_read_is_said_to_be(tmp_path: Path) -> None:
    engine = on_disk(tmp_path)
    reading = open_engine(f"sqlite:///{tmp_path}/log.db?mode=ro")

    there = probe_database(engine)
    assert there.writable
    assert there.free_bytes is not None
    found = probe_database(reading)
    assert not found.writable
    assert found.reason
    assert found.next_step
    engine.dispose()
    reading.dispose()


def test_a_full_disk_is_found_where_the_database_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = on_disk(tmp_path)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        found = probe_database(engine)
    assert (found.writable, found.reason) == (False, "the disk is full")
    assert probe_database(engine).writable
    engine.dispose()


def test_a_postgresql_writes_and_waits_for_no_standby(postgres_dsn: str) -> None:
    engine = open_engine(postgres_dsn)
    where = sa.text("SELECT pg_current_wal_insert_lsn()")
    with engine.connect() as connection:
        before = connection.execute(where).scalar_one()
    assert probe_database(engine) == Place(name="database", writable=True)
    with engine.connect() as connection:
        assert connection.execute(where).scalar_one() != before
    engine.dispose()


def test_a_database_that_is_away_is_said_to_be() -> None:
    engine = open_engine("postgresql://nobody@127.0.0.1:9/none?connect_timeout=1")

    assert not probe_database(engine).writable
    engine.dispose()
