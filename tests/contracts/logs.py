"""Event logs for tests, in memory, on SQLite and on PostgreSQL, and what every log must hold."""

import itertools
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from adapters.database import migrate, open_engine, sqlite_name
from adapters.eventlog.log import RecordLog, open_event_log
from adapters.memory import ManualClock, MemoryKeyRing, SeededRandomness
from domain.events.clinic import RecordExported
from domain.events.codec import to_plain
from domain.events.names import NAME_OF, Event
from domain.events.record import Attestation, Draft
from domain.ledger import canonical
from domain.ledger.chain import LogChecker
from domain.ledger.entry import decode_entry
from domain.ledger.merkle import leaf_hash
from domain.values.actor import Actor
from domain.values.content import Digest
from domain.values.identifiers import ClinicId, DeviceId, SessionId, StreamName, SubjectId
from domain.values.time import DeviceTime, ServerTime
from tests.environment.postgres import PostgresServer

CLINIC = ClinicId.derived("event log")
CLINIC_KEY = f"clinic:{CLINIC}"
SUBJECT = SubjectId.derived("event log")
SUBJECT_KEY = f"subject:{SUBJECT}"
QUALITY = Actor.service("quality")
START = ServerTime.parse("2026-03-03T09:00:00.000000Z")


class Logs:
    """One database, and whatever opens its log again and again with the same keys."""

    def __init__(self, dsn: str, *, migrated: bool = False) -> None:
        """Make keys, and tables unless they are there."""
        self.dsn = dsn
        self.clock = ManualClock(START)
        self.keys = MemoryKeyRing(SeededRandomness("keys"))
        self.keys.create(CLINIC_KEY)
        self.keys.create(SUBJECT_KEY)
        self.randomness = SeededRandomness("records")
        self._opened: list[RecordLog] = []
        self._engines: list[sa.Engine] = []
        if self.kept and not migrated:
            migrate(dsn)

    @property
    def kept(self) -> bool:
        """Whether records outlive the object that wrote them."""
        return self.dsn != "memory"

    def open(self, *, lock_timeout_s: float = 10.0, clinic: ClinicId = CLINIC) -> RecordLog:
        """Open the log; it is closed when the test ends."""
        log = open_event_log(
            self.dsn,
            clinic=clinic,
            keys=self.keys,
            clock=self.clock,
            randomness=self.randomness,
            lock_timeout_s=lock_timeout_s,
        )
        self._opened.append(log)
        return log

    def engine(self) -> sa.Engine:
        """Return an engine on the same database; it is disposed of when the test ends."""
        engine = open_engine(self.dsn)
        self._engines.append(engine)
        return engine

    def new_stream(self) -> StreamName:
        """Return the name of a stream in which nothing was recorded."""
        return SessionId(self.randomness.uuid()).stream

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """Do to the database what nobody should; return the rows of the last statement."""
        name = sqlite_name(self.dsn)
        if name is not None:
            with closing(sqlite3.connect(name, uri=True)) as connection, connection:
                for statement in statements:
                    cursor = connection.execute(statement)
                return cursor.fetchall()
        with psycopg.connect(self.dsn) as session:
            for statement in statements:
                done = session.execute(statement.encode())
            return done.fetchall() if done.description else []

    def close(self) -> None:
        """Close every log and engine that was opened."""
        for log in self._opened:
            log.close()
        for engine in self._engines:
            engine.dispose()


class Databases:
    """Makes empty, migrated databases by copying one: a tenth of the time of migrating each."""

    def __init__(self, server: PostgresServer) -> None:
        """Migrate the ones to copy; they end with the server."""
        self._server = server
        self._names = (f"log_{os.getpid()}_{number}" for number in itertools.count())
        self._template = next(self._names)
        migrate(server.create(self._template))
        with tempfile.TemporaryDirectory() as folder:
            migrate(f"sqlite:///{folder}/template.db")
            self._file = (Path(folder) / "template.db").read_bytes()

    def postgresql(self) -> tuple[str, str]:
        """Return the name and the DSN of a new database."""
        name = next(self._names)
        with psycopg.connect(self._server.dsn("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(self._template)
                )
            )
        return name, self._server.dsn(name)

    def sqlite(self, folder: Path) -> str:
        """Return the DSN of a new database."""
        (folder / "log.db").write_bytes(self._file)
        return f"sqlite:///{folder}/log.db"

    def logs(self, kind: str, folder: Path) -> Iterator[Logs]:
        """Yield an empty log of a kind, and remove it afterwards."""
        if kind == "postgresql":
            name, dsn = self.postgresql()
            logs = Logs(dsn, migrated=True)
            yield logs
            logs.close()
            self._server.drop(name)
        else:
            logs = Logs("memory" if kind == "memory" else self.sqlite(folder), migrated=True)
            yield logs
            logs.close()


databases = cache(Databases)
"""Migrates once for each server, whichever folder's tests ask."""


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def logs(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_server: PostgresServer
) -> Iterator[Logs]:
    """Return an empty log of each kind."""
    yield from databases(postgres_server).logs(request.param, tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def kept_logs(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_server: PostgresServer
) -> Iterator[Logs]:
    """Return an empty log of each kind that outlives its process."""
    yield from databases(postgres_server).logs(request.param, tmp_path)


@pytest.fixture
def postgres_logs(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Logs]:
    """Return an empty log in PostgreSQL."""
    yield from databases(postgres_server).logs("postgresql", tmp_path)


@pytest.fixture
def sqlite_logs(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Logs]:
    """Return an empty log in an SQLite file, ``log.db`` in the test's folder."""
    yield from databases(postgres_server).logs("sqlite", tmp_path)


@pytest.fixture(params=["memory", "sqlite", "postgresql"], scope="module")
def shared_log(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: PostgresServer,
) -> Iterator[tuple[Logs, RecordLog]]:
    """Return a log of each kind that the tests of a module share, each with its own streams."""
    for logs in databases(postgres_server).logs(request.param, tmp_path_factory.mktemp("log")):
        yield logs, logs.open()


def an_event(purpose: str = "audit") -> RecordExported:
    """Return a small event."""
    digest = Digest.of(purpose.encode())
    return RecordExported(kind="log", subject=None, digest=digest, purpose=purpose)


def a_draft(
    stream: StreamName,
    version: int = 0,
    event: Event | None = None,
    *,
    request: str | None = None,
    actor: Actor = QUALITY,
    key: str = CLINIC_KEY,
) -> Draft:
    """Return a draft that follows a version of a stream."""
    return Draft(
        stream=stream,
        expected_version=version,
        event=an_event() if event is None else event,
        key=key,
        actor=actor,
        correlation=str(CLINIC),
        idempotency_key=request,
    )


def an_attestation(event: Event) -> Attestation:
    """Return what a device could say about an event; its signature is none."""
    return Attestation(
        device=DeviceId.derived("event log"),
        schema=NAME_OF[type(event)][1],
        sequence=41,
        device_time=DeviceTime(START.us - 1),
        salt=bytes(range(32)),
        payload=canonical.encode(to_plain(event)),
        signature=b"signature",
    )


def a_run(stream: StreamName, count: int, version: int = 0) -> list[Draft]:
    """Return drafts that follow a version of a stream, one after the other."""
    return [a_draft(stream, version + place, an_event(f"{place}")) for place in range(count)]


def for_subject(draft: Draft) -> Draft:
    """Return the draft with its content under the subject's key."""
    return replace(draft, key=SUBJECT_KEY)


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes, straight from the definition (RFC 6962, 2.1)."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = naive_root(leaves[:split]), naive_root(leaves[split:])
    return sha256(b"\x01" + left + right).digest()


def check_whole(log: RecordLog) -> int:
    """Check everything that can be checked of a log without keys; return its size."""
    checker = LogChecker()
    leaves: list[bytes] = []
    while stored := log.sealed_after(len(leaves) - 1, limit=200):
        for record in stored:
            entry = decode_entry(record.entry)
            assert leaf_hash(record.entry) == record.leaf
            assert sha256(record.ciphertext).digest() == entry.content_digest
            checker.take(entry, record.leaf)
            leaves.append(record.leaf)
    assert len(leaves) == log.size()
    assert log.faults(-1, limit=len(leaves) + 1) == ()
    assert log.tree.root(len(leaves)) == naive_root(leaves)
    for seq, leaf in enumerate(leaves):
        assert log.tree.leaf(seq) == leaf
    return len(leaves)
